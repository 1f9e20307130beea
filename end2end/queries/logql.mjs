// Reads questions in LogQL with Grafana's own grammar, and holds them against what is known to go wrong with them.
//
// stdin: [{ "place": "panel 3, query A", "expression": "sum (…)" }], variables filled in.
// stdout: a list of sentences, one for each problem; empty if there is none.

import { readFileSync } from 'node:fs';
import { parser } from '@grafana/lezer-logql';

// Over these, `by` has to stand inside, or every line becomes a series of its own: grouping reaches down to the range
// aggregation only below `sum` (Loki, pkg/logql/syntax/ast.go).
const GROUPED_INSIDE = [
  'AvgOverTime', 'MaxOverTime', 'MinOverTime', 'FirstOverTime', 'LastOverTime', 'QuantileOverTime',
  'StddevOverTime', 'StdvarOverTime',
];

// What picks a line apart.
const PARSERS = ['Json', 'Logfmt', 'Unpack', 'Pattern', 'Regexp'];

/** The nodes below `node`, itself included, outermost first. */
function* below(node) {
  yield node;
  for (let child = node.firstChild; child; child = child.nextSibling) yield* below(child);
}

/** The nodes around `node`, nearest first. */
function* around(node) {
  for (let parent = node.parent; parent; parent = parent.parent) yield parent;
}

function problems(expression) {
  const found = [];
  const text = (node) => expression.slice(node.from, node.to);
  const nodes = [...below(parser.parse(expression).topNode)];

  const error = nodes.find((node) => node.type.isError);
  if (error) {
    const near = expression.slice(Math.max(0, error.from - 20), error.to + 20);
    return [`is no LogQL at character ${error.from + 1}, near \`${near}\``];
  }

  for (const node of nodes) {
    const within = (name) => [...below(node)].filter((inner) => inner.name === name);

    if (node.name === 'Selector') {
      // Loki refuses a selector that may match everything.
      const narrows = within('Matcher').some((matcher) => matcher.getChild('Eq') && text(matcher.getChild('String')) !== '""');
      if (!narrows) found.push(`\`${text(node)}\` has no label that is compared with \`=\``);
    }

    if (node.name === 'LogRangeExpr' || node.name === 'LogExpr') {
      const isOfAgents = text(node).startsWith('{service_name="claude-code"');
      const parsed = PARSERS.find((name) => within(name).length > 0);
      if (isOfAgents && parsed) found.push(`\`${parsed}\` on an agent's events: their fields are metadata, the line is a plain name`);
      for (const filter of isOfAgents ? within('LineFilter') : []) {
        found.push(`\`${text(filter)}\` also finds events whose name begins alike: compare \`event_name\``);
      }
    }

    if (node.name === 'RangeAggregationExpr') {
      const operation = node.getChild('RangeOp').firstChild.name;
      const isGrouped = node.getChild('Grouping') !== null;
      const outer = [...around(node)].find((parent) => parent.name === 'VectorAggregationExpr');
      if (GROUPED_INSIDE.includes(operation)) {
        if (!isGrouped) found.push(`\`${operation}\` without \`by\` of its own makes a series of every line`);
      } else if (isGrouped) {
        found.push(`\`${operation}\` takes no grouping`);
      } else if (outer?.getChild('VectorOp')?.firstChild?.name !== 'Sum') {
        found.push(`\`${operation}\` is not right below \`sum\`, so that every line becomes a series`);
      }
      const unwraps = within('Unwrap').length;
      const isGuarded = within('LabelFilter').some((filter) => text(filter).replaceAll(' ', '') === '__error__=""');
      if (unwraps > 0 && !isGuarded) found.push('`unwrap` without `__error__=""` after it fails at the first bad number');
    }

    // A label that nobody sent is absent; an invented 0 says that it was sent and is nothing.
    if (node.name === 'VectorExpr') found.push(`\`${text(node)}\` answers for what is absent`);
  }
  return found;
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
const sentences = questions.flatMap(({ place, expression }) =>
  problems(expression).map((problem) => `${place}: ${problem}\n  ${expression}`),
);
process.stdout.write(`${JSON.stringify(sentences)}\n`);

// Parses LogQL queries with Grafana's own grammar and reports known mistakes.
//
// stdin: [{ "place": "panel 3, query A", "expression": "sum (…)" }], variables filled in.
// stdout: a JSON array with one sentence per problem.

import { readFileSync } from 'node:fs';
import { parser } from '@grafana/lezer-logql';

// These need a `by` of their own, or every line becomes a series: only `sum` passes its grouping down to the range
// aggregation (Loki, pkg/logql/syntax/ast.go).
const GROUPED_INSIDE = [
  'AvgOverTime', 'MaxOverTime', 'MinOverTime', 'FirstOverTime', 'LastOverTime', 'QuantileOverTime',
  'StddevOverTime', 'StdvarOverTime',
];

// Stages that parse a line.
const PARSERS = ['Json', 'Logfmt', 'Unpack', 'Pattern', 'Regexp'];

/** `node` and its descendants, outermost first. */
function* withDescendants(node) {
  yield node;
  for (let child = node.firstChild; child; child = child.nextSibling) yield* withDescendants(child);
}

/** The ancestors of `node`, nearest first. */
function* ancestors(node) {
  for (let parent = node.parent; parent; parent = parent.parent) yield parent;
}

function problems(expression) {
  const found = [];
  const text = (node) => expression.slice(node.from, node.to);
  const nodes = [...withDescendants(parser.parse(expression).topNode)];

  const error = nodes.find((node) => node.type.isError);
  if (error) {
    const near = expression.slice(Math.max(0, error.from - 20), error.to + 20);
    return [`not valid LogQL at character ${error.from + 1}, near \`${near}\``];
  }

  for (const node of nodes) {
    const within = (name) => [...withDescendants(node)].filter((inner) => inner.name === name);

    if (node.name === 'Selector') {
      // Loki refuses a selector that can match everything.
      const narrows = within('Matcher').some((matcher) => matcher.getChild('Eq') && text(matcher.getChild('String')) !== '""');
      if (!narrows) found.push(`\`${text(node)}\` compares no label with \`=\``);
    }

    if (node.name === 'LogRangeExpr' || node.name === 'LogExpr') {
      const isOfAgents = text(node).startsWith('{service_name="claude-code"');
      const parsed = PARSERS.find((name) => within(name).length > 0);
      if (isOfAgents && parsed) found.push(`\`${parsed}\` on an agent's events: their fields are metadata, the line is only a name`);
      for (const filter of isOfAgents ? within('LineFilter') : []) {
        found.push(`\`${text(filter)}\` also matches events whose names start the same: compare \`event_name\``);
      }
    }

    if (node.name === 'RangeAggregationExpr') {
      const operation = node.getChild('RangeOp').firstChild.name;
      const isGrouped = node.getChild('Grouping') !== null;
      const outer = [...ancestors(node)].find((parent) => parent.name === 'VectorAggregationExpr');
      if (GROUPED_INSIDE.includes(operation)) {
        if (!isGrouped) found.push(`\`${operation}\` without its own \`by\` turns every line into a series`);
      } else if (isGrouped) {
        found.push(`\`${operation}\` takes no grouping`);
      } else if (outer?.getChild('VectorOp')?.firstChild?.name !== 'Sum') {
        found.push(`\`${operation}\` is not directly inside \`sum\`, so every line becomes a series`);
      }
      const unwraps = within('Unwrap').length;
      const isGuarded = within('LabelFilter').some((filter) => text(filter).replaceAll(' ', '') === '__error__=""');
      if (unwraps > 0 && !isGuarded) found.push('`unwrap` without `__error__=""` after it fails at the first bad number');
    }

    // Missing data must stay missing; an invented 0 says that a zero was measured.
    if (node.name === 'VectorExpr') found.push(`\`${text(node)}\` invents a value for missing data`);
  }
  return found;
}

const queries = JSON.parse(readFileSync(0, 'utf8'));
const sentences = queries.flatMap(({ place, expression }) =>
  problems(expression).map((problem) => `${place}: ${problem}\n  ${expression}`),
);
process.stdout.write(`${JSON.stringify(sentences)}\n`);

//! Spans of traces, which are kept only if the settings say so.

use super::{Rules, attributes::check, context::Contexts};
use crate::{
    Nanoseconds,
    otlp::traces::{self, TracesRequest},
    records::{Batch, Span},
};

pub fn map(request: TracesRequest, rules: &Rules, batch: &mut Batch) {
    if !rules.keep_spans {
        return;
    }
    for of_resource in request.resource_spans {
        for of_scope in of_resource.scope_spans {
            let mut contexts = Contexts::new(&of_resource.resource, &of_scope.scope, rules);
            for given in of_scope.spans {
                match span(given, &mut contexts, rules) {
                    Ok(span) => batch.spans.push(span),
                    Err(reason) => batch.rejected.add(|| format!("a span was rejected: {reason}")),
                }
            }
        }
    }
}

fn span(given: traces::Span, contexts: &mut Contexts<'_>, rules: &Rules) -> Result<Span, String> {
    if given.trace_id.len() != 16 || given.span_id.len() != 8 {
        return Err("its ids do not have 16 and 8 bytes".into());
    }
    check(&given.attributes, None)?;
    let at = rules.time(&[given.start_time_unix_nano, given.end_time_unix_nano])?;
    let end = Nanoseconds::try_from(given.end_time_unix_nano).unwrap_or(at);
    let mut attributes = given.attributes;
    Ok(Span {
        context: contexts.take(&mut attributes),
        trace: given.trace_id,
        id: given.span_id,
        parent: given.parent_span_id,
        at,
        duration: end.saturating_sub(at).max(0),
        name: given.name,
        status: given.status.map(|status| status.code).unwrap_or_default(),
        attributes,
    })
}

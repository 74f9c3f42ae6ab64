"""Every document of the service is one as the JSON schema wants it, and the schema refuses what is none."""

import copy
import json

from receivers import SCHEMA, accept, documents_of

SCHEMA.check_schema(SCHEMA.schema)
documents = documents_of("segments")
for document in documents:
    accept(document)


def members(entity):
    """The paths of all members, subsegments counted as one kind."""
    if isinstance(entity, dict):
        for key, value in entity.items():
            yield key
            below = members(value)
            yield from below if key == "subsegments" else (f"{key}.{path}" for path in below)
    elif isinstance(entity, list):
        for element in entity:
            yield from members(element)


# A schema proves little of documents that hold little.
told = {path for document in documents for path in members(document)}
wanted = """
    trace_id parent_id user origin service.version links.trace_id links.id type namespace error throttle fault
    http.request.method http.request.url http.request.user_agent http.request.client_ip http.request.traced
    http.response.status http.response.content_length annotations.customer annotations.total annotations.gift
    metadata.default.basket metadata.default.events metadata.shop.cart.tea.sorts
    aws.xray.sdk aws.operation aws.region aws.request_id aws.retries aws.table_names
    sql.sanitized_query sql.database_type sql.database_version sql.driver_version sql.user sql.preparation
    cause.exceptions.id cause.exceptions.message cause.exceptions.type cause.exceptions.cause
    cause.exceptions.stack.path cause.exceptions.stack.line cause.exceptions.stack.label
""".split()
assert not (missing := set(wanted) - told), (missing, sorted(told))
order = next(document for document in documents if document.get("user") == "ada")
part = next(document for document in documents if document.get("type") == "subsegment")
assert len({document["id"] for document in documents}) == len(documents)


def broken(document, change):
    changed = copy.deepcopy(document)
    change(changed)
    return changed


def sub(document, name):
    return next(subsegment for subsegment in document["subsegments"] if subsegment["name"] == name)


for document, change in [
    (order, lambda it: it.pop("trace_id")),
    (order, lambda it: it.pop("name")),
    (order, lambda it: it.update(name="")),
    (order, lambda it: it.update(name="what?")),
    (order, lambda it: it.update(name="x" * 201)),
    (order, lambda it: it.update(id="00f067aa0ba902b")),
    (order, lambda it: it.update(trace_id="64f0c1aa0123456789abcdef01234567")),
    (order, lambda it: it.update(start_time="1700000000")),
    (order, lambda it: it.pop("end_time")),
    (order, lambda it: it.update(in_progress=True)),
    (order, lambda it: it.update(user="x" * 251)),
    (order, lambda it: it.update(fault="yes")),
    (order, lambda it: it.update(namespace="remote")),
    (order, lambda it: it.update(colour="red")),
    (order, lambda it: it["annotations"].update({"a-b": 1})),
    (order, lambda it: it["annotations"].update(list=[1])),
    (order, lambda it: it["annotations"].update(text="x" * 1001)),
    (order, lambda it: it["metadata"].update(flat=1)),
    (order, lambda it: it["http"]["response"].update(status="500")),
    (order, lambda it: it["links"][0].pop("id")),
    (order, lambda it: sub(it, "bank").update(namespace="local")),
    (order, lambda it: sub(it, "bank").pop("id")),
    (order, lambda it: sub(it, "deliver")["cause"]["exceptions"][0].pop("id")),
    (order, lambda it: sub(it, "deliver")["cause"]["exceptions"][0].update(stack=[{"line": "7"}])),
    (part, lambda it: it.pop("parent_id")),
    (part, lambda it: it.update(type="segment")),
]:
    refused = broken(document, change)
    assert refused != document and not SCHEMA.is_valid(refused), json.dumps(refused)[:2000]
print("ok")

"""The service's documents, made again with the X-Ray SDK for Python, are the same documents.

The SDK reads no documents, and its own tests only look at what its emitter is given. So each document that the
service sends is taken apart and put together again from the SDK's own segments and subsegments, by the methods
that programs use. The SDK's own emitter sends the result to the same port, and there both must be equal,
member by member.
"""

import copy
import difflib
import json
import logging

from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter
from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment

from receivers import Daemon, documents_of


class Refuse(logging.Handler):
    """The SDK drops what it does not like and logs it."""

    def emit(self, record):
        raise AssertionError(record.getMessage())


logging.getLogger("aws_xray_sdk").addHandler(Refuse(level=logging.WARNING))


def fill(entity, document):
    for part in document.get("http", {}).values():
        for key, value in part.items():
            entity.put_http_meta(key, value)
    for key, value in document.get("annotations", {}).items():
        entity.put_annotation(key, value)
    for namespace, values in document.get("metadata", {}).items():
        for key, value in values.items():
            entity.put_metadata(key, value, namespace)
    if "aws" in document:
        entity.set_aws(document["aws"])
    if "sql" in document:
        entity.set_sql(document["sql"])
    for exception in document.get("cause", {}).get("exceptions", []):
        stack = [(frame["path"], frame["line"], frame["label"]) for frame in exception.get("stack", [])]
        thrown = type(exception["type"], (Exception,), {})(exception["message"])
        entity.add_exception(thrown, stack, exception.get("remote", False))
        # The SDK draws ids of its own.
        entity.cause["exceptions"][-1].id = exception["id"]
    if document.get("fault"):
        entity.add_fault_flag()
    if document.get("error"):
        entity.add_error_flag()
    if document.get("throttle"):
        entity.add_throttle_flag()
    segment = getattr(entity, "parent_segment", entity)
    for child in document.get("subsegments", []):
        subsegment = begin(Subsegment(child["name"], child.get("namespace"), segment), child)
        entity.add_subsegment(subsegment)
        fill(subsegment, child)
    entity.close(document["end_time"])
    return entity


def begin(entity, document):
    assert entity.name == document["name"], "the SDK has taken characters out of the name"
    entity.id, entity.start_time = document["id"], document["start_time"]
    return entity


def rebuilt(document):
    if document.get("type") == "subsegment":
        whole = Segment("whole", traceid=document["trace_id"])
        subsegment = begin(Subsegment(document["name"], document.get("namespace"), whole), document)
        subsegment.parent_id = document["parent_id"]
        return fill(subsegment, document)
    segment = begin(Segment(document["name"], traceid=document["trace_id"], parent_id=document.get("parent_id")), document)
    if "user" in document:
        segment.set_user(document["user"])
    segment.set_service(document.get("service"))
    segment.origin = document.get("origin")
    return fill(segment, document)


def known(document, is_embedded=False):
    """A document without what this SDK has no way to say, and what it says more often than needed."""
    entity = copy.deepcopy(document)
    # Not said by the SDK.
    entity.pop("links", None)
    entity.get("http", {}).get("request", {}).pop("traced", None)
    if "cause" in entity:
        entity["cause"].pop("working_directory", None)
        for exception in entity["cause"]["exceptions"]:
            exception.pop("cause", None)
            # Said by the SDK in any case.
            if exception.get("remote") is False:
                exception.pop("remote")
            if exception.get("stack") == []:
                exception.pop("stack")
            for frame in exception.get("stack", []):
                # The SDK tells of files without their folders, and of a file and a line in any case.
                frame["path"] = frame.get("path", "").rsplit("/", 1)[-1]
                frame.setdefault("line", None)
    if entity.get("in_progress") is False:
        entity.pop("in_progress")
    if is_embedded:
        for implied in ("trace_id", "parent_id", "type"):
            entity.pop(implied, None)
    if "subsegments" in entity:
        entity["subsegments"] = [known(child, is_embedded=True) for child in entity["subsegments"]]
    return entity


daemon = Daemon()
emitter = UDPEmitter(daemon.address)
documents = documents_of("segments")
for document in documents:
    ours = known(document)
    emitter.send_entity(rebuilt(ours))
    theirs = known(daemon.document())
    lines = [json.dumps(document, indent=1, sort_keys=True).splitlines() for document in (ours, theirs)]
    assert ours == theirs, "\n".join(difflib.unified_diff(*lines, "ours", "theirs", lineterm=""))
kinds = {document.get("type", "segment") for document in documents}
assert kinds == {"segment", "subsegment"}, kinds
print("ok")

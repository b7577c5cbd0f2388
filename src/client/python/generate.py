"""Generates a method for each call and an exception for each error code, from the OpenAPI document and the output of
openapi-python-client, and makes that output run on Python 3.10: python generate.py openapi.json strongroom

The methods take parameters and body fields as keywords, with the types of the generated models. They return only the
model of the successful answer, because failures are raised.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTE = "# Made from openapi.json by generate.py."
#: For each scope: the security scheme of its calls, a docstring for its client, and the client's credential argument.
SCOPES: dict[str, tuple[str | None, str, str]] = {
    "Public": (None, "For anyone: health, public keys, revoked licences.", ""),
    "Customer": ("CustomerApiKey", "For a customer's own instance.", "api_key"),
    "Admin": ("AdminToken", "For operators and scripts.", "token"),
    "Internal": ("InternalToken", "For your other services: accounts and money.", "token"),
}
HEADERS = {
    "Public": "{}",
    "Customer": '{"X-API-Key": present(api_key, "api_key")}',
    "Admin": '{"Authorization": f"Bearer {present(token, \'token\')}"}',
    "Internal": '{"X-INTERNAL-TOKEN": present(token, "token")}',
}
#: POST calls that are safe to repeat by their nature.
SAME_AGAIN = {"/account", "/api/licenses/{license_id}/revoke", "/api/subscriptions/checkout"}
#: The codes of failures that the client itself detects, with their docstrings.
OWN_CODES = {
    "CONNECTION_FAILED": "The service could not be reached.",
    "CONNECTION_TIMEOUT": "No answer came in time.",
    "UNKNOWN_ANSWER": "The answer is not the service's, or not one that this client knows.",
}
A_TIME = "2026-11-24T09:30:00.000Z"


@dataclass
class Field:
    """A parameter, or a field of a body."""

    name: str
    annotation: str
    is_required: bool


@dataclass
class Call:
    name: str
    module: str
    summary: str
    scopes: list[str]
    parameters: list[Field]
    #: The model of the body, and its fields; None without a body.
    body: str | None
    fields: list[Field]
    answer: str
    statuses: list[int]
    key: str | None
    is_repeatable: bool
    converts: dict[str, str]


class Generated:
    """The output of openapi-python-client, which is parsed and never run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.enums: set[str] = set()
        self.models: dict[str, list[Field]] = {}
        for path in sorted((folder / "models").glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    if any("Enum" in ast.unparse(base) for base in node.bases):
                        self.enums.add(node.name)
                    else:
                        self.models[node.name] = fields_of(node)

    def endpoint(self, tag: str, name: str) -> tuple[str, list[Field], str]:
        """The module of a call, its parameters, and the return type of its parser."""
        module = f"api.{snake(tag)}.{name}"
        tree = ast.parse((self.folder / module.replace(".", "/")).with_suffix(".py").read_text())
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        arguments = functions["_get_kwargs"].args
        fields = parameters_of(arguments.args, arguments.defaults) + parameters_of(
            arguments.kwonlyargs, arguments.kw_defaults
        )
        returns = functions["_parse_response"].returns
        assert returns is not None
        return module, fields, ast.unparse(returns)


def fields_of(model: ast.ClassDef) -> list[Field]:
    return [
        Field(node.target.id, ast.unparse(node.annotation), node.value is None)
        for node in model.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id != "additional_properties"
    ]


def parameters_of(arguments: list[ast.arg], defaults: list[Any]) -> list[Field]:
    padded = [None] * (len(arguments) - len(defaults)) + list(defaults)
    fields = []
    for argument, default in zip(arguments, padded):
        assert argument.annotation is not None
        fields.append(Field(argument.arg, ast.unparse(argument.annotation), default is None))
    return fields


def snake(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


def members(annotation: str) -> list[str]:
    """The members of a union, however it is written."""
    node = ast.parse(annotation.strip("'\""), mode="eval").body
    found: list[str] = []

    def walk(one: ast.expr) -> None:
        if isinstance(one, ast.BinOp):
            walk(one.left)
            walk(one.right)
        elif isinstance(one, ast.Subscript) and ast.unparse(one.value) in ("Union", "Optional"):
            inner = one.slice.elts if isinstance(one.slice, ast.Tuple) else [one.slice]
            for each in inner:
                walk(each)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            found.extend(members(one.value))
        else:
            found.append(ast.unparse(one))

    walk(node)
    return found


class Writer:
    def __init__(self, document: dict[str, Any], generated: Generated) -> None:
        self.document = document
        self.generated = generated

    def calls(self) -> list[Call]:
        calls = []
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                security = operation.get("security", [])
                schemes = {name for choice in security for name in choice}
                scopes = [
                    scope
                    for scope, (scheme, _, _) in SCOPES.items()
                    if (scheme in schemes if scheme else not security)
                ]
                if scopes:
                    calls.append(self.call(path, method, operation, scopes))
        return calls

    def call(self, path: str, method: str, operation: dict[str, Any], scopes: list[str]) -> Call:
        name = snake(operation["operationId"])
        module, given, returns = self.generated.endpoint(operation["tags"][0], name)
        sent = {one["name"]: one for one in operation.get("parameters", [])}
        # Lists have a filter of that name.
        has_key = "Idempotency-Key" in sent
        own = {"body", "idempotency_key"} if has_key else {"body"}
        parameters = [one for one in given if one.name not in own]
        body, fields = self.body_of(given)
        converts = {}
        for one in parameters:
            is_time = self.is_time(sent[one.name.rstrip("_")]["schema"])
            converts[one.name] = self.convert_of(one.annotation, is_time)
            one.annotation = self.widened(one.annotation, is_time)
        if body is not None:
            schemas = self.schema_of(operation)["properties"]
            for one in fields:
                one.annotation = self.widened(one.annotation, self.is_time(schemas[one.name]))
        answers = [
            one for one in members(returns) if one not in ("None", "Any", "Error") and "Unset" not in one
        ]
        if any("application/octet-stream" in one.get("content", {}) for one in operation["responses"].values()):
            # openapi-python-client returns bytes and declares a text.
            answers = ["bytes"]
        statuses = [int(status) for status in operation["responses"] if 200 <= int(status) < 300]
        names = {one.name for one in fields}
        key = (
            "header" if has_key
            else "report" if "report_id" in names and "metrics" in names
            else next((one for one in ("reports", "transfers") if one in names), None)
        )
        return Call(
            name=name,
            module=module,
            summary=operation["summary"],
            scopes=scopes,
            parameters=parameters,
            body=body,
            fields=[one for one in fields if not (has_key and one.name == "idempotency_key")],
            answer=" | ".join(self.named(one) for one in answers) or "None",
            statuses=statuses,
            key=key,
            is_repeatable=method not in ("post", "patch") or path in SAME_AGAIN,
            converts=converts,
        )

    def body_of(self, given: list[Field]) -> tuple[str | None, list[Field]]:
        for one in given:
            if one.name == "body":
                (model,) = [name for name in members(one.annotation) if name != "Unset"]
                fields = [
                    Field(each.name, each.annotation, each.is_required)
                    for each in self.generated.models[model]
                ]
                return model, fields
        return None, []

    def schema_of(self, operation: dict[str, Any]) -> dict[str, Any]:
        (content,) = operation["requestBody"]["content"].values()
        return self.resolved(content["schema"])

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def is_time(self, schema: dict[str, Any]) -> bool:
        schema = self.resolved(schema)
        if schema.get("format") == "date-time":
            return True
        pattern = schema.get("pattern")
        return pattern is not None and bool(re.search(pattern, A_TIME)) and not re.search(pattern, "a")

    def widened(self, annotation: str, is_time: bool) -> str:
        """Adds the types that callers may give instead: mappings for models, texts for enums, times for time texts."""
        parts = members(annotation)
        more: list[str] = []
        for part in parts:
            words = set(re.findall(r"\w+", part))
            if words & self.generated.models.keys():
                more.append("Sequence[Mapping[str, Any]]" if part.startswith("list[") else "Mapping[str, Any]")
            if part in self.generated.enums:
                more.append("str")
        if is_time:
            more += ["datetime.datetime", "str"]
        all_parts = [self.named(one) for one in [*parts, *more]]
        return " | ".join(dict.fromkeys(sorted(all_parts, key=lambda one: one == "Unset")))

    def named(self, annotation: str) -> str:
        """Qualifies the names of models with their module."""
        ours = self.generated.models.keys() | self.generated.enums
        return re.sub(r"\w+", lambda word: f"models.{word[0]}" if word[0] in ours else word[0], annotation)

    def convert_of(self, annotation: str, is_time: bool) -> str:
        """The function that converts a caller's value into one that the generated function takes."""
        parts = members(annotation)
        for part in parts:
            if part in self.generated.enums:
                return f"models.{part}"
        if not is_time:
            return "None"
        return "as_time" if "datetime.datetime" in parts else "plain"


def operation_of(call: Call) -> str:
    body = f"models.{call.body}.from_dict" if call.body else "None"
    parameters = ", ".join(f'"{name}": {convert}' for name, convert in call.converts.items())
    return (
        f"_{call.name.upper()} = Operation(\n"
        f"    {call.name}._get_kwargs, {call.name}._parse_response, {tuple(call.statuses)!r},\n"
        f"    parameters={{{parameters}}}, body={body}, key={call.key!r}, is_repeatable={call.is_repeatable},\n"
        ")"
    )


def method_of(call: Call, is_async: bool) -> str:
    fields = [*call.parameters, *call.fields]
    ordered = sorted(fields, key=lambda one: not one.is_required)
    arguments = [
        f"{one.name}: {one.annotation}" + ("" if one.is_required else " = UNSET") for one in ordered
    ]
    if call.key == "header":
        arguments.append("idempotency_key: str | None = None")
    arguments += ["timeout: float | None = None", "retries: int | None = None"]
    values = ", ".join(f'"{one.name}": {one.name}' for one in fields)
    key = "idempotency_key" if call.key == "header" else "None"
    prefix, wait = ("async ", "await ") if is_async else ("", "")
    listed = ",\n        ".join(["self", "*", *arguments])
    sent = f"{wait}self._send(_{call.name.upper()}, {{{values}}}, {key}, timeout, retries)"
    result = (
        f"{sent}" if call.answer == "None" else f"answer: {call.answer} = {sent}\n        return answer"
    )
    return (
        f"    {prefix}def {call.name}(\n        {listed},\n    ) -> {call.answer}:\n"
        f'        """{call.summary}."""\n        {result}\n'
    )


def class_of(scope: str, calls: list[Call], is_async: bool) -> str:
    _, text, credential = SCOPES[scope]
    kind = "Async" if is_async else ""
    base = "AsyncConnection" if is_async else "SyncConnection"
    http = "httpx.AsyncClient" if is_async else "httpx.Client"
    argument = f", {credential}: str" if credential else ""
    own = [method_of(call, is_async) for call in calls if scope in call.scopes]
    return (
        f"class {kind}{scope}Client({base}):\n"
        f'    """{text}"""\n\n'
        f"    def __init__(\n        self, url: str{argument}, *, timeout: float = TIMEOUT_S,\n"
        f"        retries: int = RETRIES, http: {http} | None = None,\n    ) -> None:\n"
        f"        super().__init__(url, {HEADERS[scope]}, timeout=timeout, retries=retries, http=http)\n\n"
        + "\n".join(own)
    )


def clients_source(calls: list[Call]) -> str:
    imports = [
        f"from ._generated.{call.module.rsplit('.', 1)[0]} import {call.name}" for call in calls
    ]
    head = [
        NOTE,
        "from __future__ import annotations",
        "import datetime",
        "from collections.abc import Mapping, Sequence",
        "from typing import Any, Literal",
        "import httpx",
        "from ._calls import Operation, as_time, plain",
        "from ._connections import RETRIES, TIMEOUT_S, AsyncConnection, SyncConnection, present",
        "from ._generated import models",
        *sorted(imports),
        "from ._generated.types import UNSET, File, Unset",
    ]
    classes = [
        class_of(scope, calls, is_async) for is_async in (False, True) for scope in SCOPES
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join([*map(operation_of, calls), *classes]) + "\n"


def errors_source(document: dict[str, Any]) -> str:
    codes = document["components"]["schemas"]["Error"]["properties"]["code"]["x-extensible-enum"]
    texts = {**dict.fromkeys(codes, ""), **OWN_CODES}

    def name_of(code: str) -> str:
        name = code.title().replace("_", "").removesuffix("Error") + "Error"
        return f"Service{name}" if hasattr(builtins, name) else name

    classes = [
        f'class {name_of(code)}(StrongroomError):\n    """``{code}``{": " + text if text else ""}"""\n'
        for code, text in texts.items()
    ]
    table = "".join(f'    "{code}": {name_of(code)},\n' for code in texts)
    return "\n\n".join(
        [
            f'"""An exception for each code of the service, and for what the client itself detects."""\n\n{NOTE}\n'
            "from __future__ import annotations\n\nfrom collections.abc import Mapping\n"
            "from typing import Any\n\nfrom ._error import StrongroomError\n",
            *classes,
            f"BY_CODE: Mapping[str, type[StrongroomError]] = {{\n{table}}}\n",
            textwrap.dedent('''\
                def error_of(message: str, facts: dict[str, Any]) -> StrongroomError:
                    """A code of a newer service that has no class here becomes a plain StrongroomError."""
                    return BY_CODE.get(facts["code"], StrongroomError)(message, **facts)
                '''),
        ]
    )


def for_older_pythons(folder: Path) -> None:
    """Imports names that Python 3.10 lacks from ``_compat``, because the generator writes for 3.11."""
    for path in folder.rglob("*.py"):
        text = path.read_text()
        names = []
        for module, name in (("enum", "StrEnum"), ("typing", "Self")):
            found = re.search(rf"^from {module} import (.*)$", text, re.MULTILINE)
            imported = found[1].split(", ") if found else []
            if name in imported:
                names.append(name)
                rest = ", ".join(one for one in imported if one != name)
                line = f"from {module} import {rest}" if rest else ""
                text = re.sub(rf"^from {module} import .*$", line, text, count=1, flags=re.MULTILINE)
        if "datetime.datetime.fromisoformat(" in text:
            names.append("time_of")
            text = text.replace("datetime.datetime.fromisoformat(", "time_of(")
        if names:
            line = f"from strongroom._compat import {', '.join(names)}\n"
            place = re.search("^(from|import) (?!__future__)", text, re.MULTILINE)
            at = place.start() if place else text.index("\nclass ") + 1
            path.write_text(text[:at] + line + text[at:])


def main(document_path: str, folder: str) -> None:
    document = json.loads(Path(document_path).read_text())
    package = Path(folder)
    for_older_pythons(package / "_generated")
    calls = Writer(document, Generated(package / "_generated")).calls()
    (package / "_clients.py").write_text(clients_source(calls))
    (package / "errors.py").write_text(errors_source(document))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What a Python function takes, as pydantic reads it: names, adapters, JSON Schema.

Knows nothing of calls, and runs no function.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from pydantic import ConfigDict, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

Json: TypeAlias = dict[str, Any]
Function: TypeAlias = Callable[..., Any]

_NAMED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def name_of(function: Function) -> str:
    """The name under which a model calls a function; of a partial that of its function, of an object its class's."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", None) or type(function).__name__


def signature_of(function: Function) -> inspect.Signature:
    """A function's signature, with annotations that are text resolved.

    Raises:
        ValueError: It has none that can be read, as some functions written in C.
    """
    try:
        return inspect.signature(function, eval_str=True)
    except (NameError, SyntaxError, TypeError) as error:
        raise ValueError(
            f"Failed to parse the parameters of function {name_of(function)} for automatic function calling: {error}"
        ) from error


def named_parameters(signature: inspect.Signature) -> Iterator[inspect.Parameter]:
    """The parameters that a model can name; `*args` and `**kwargs` are not among them."""
    return (each for each in signature.parameters.values() if each.kind in _NAMED)


def adapter_of(annotation: Any) -> TypeAdapter[Any]:
    """The adapter for an annotation; a parameter without one takes anything.

    Raises:
        PydanticUserError: pydantic knows no way to check it.
    """
    if annotation is inspect.Parameter.empty:
        annotation = Any
    try:
        return _kept_adapter(annotation)
    except TypeError:  # not hashable, so not kept
        return _make_adapter(annotation)


def describe(function: Function) -> Json:
    """The fields of a function's declaration: name, whole docstring, JSON Schemas of parameters and result.

    A parameter's schema is what pydantic makes of its annotation, so `Annotated[int, Field(description=...)]`
    describes it. Without parameters there are no schemas; a result that pydantic cannot describe has none.

    Raises:
        ValueError: pydantic cannot describe a parameter.
    """
    signature = signature_of(function)
    declared: Json = {"name": name_of(function), "description": _documentation(function)}
    parameters = list(named_parameters(signature))
    if not parameters:
        return declared
    declared["parameters_json_schema"] = _parameters_schema(parameters, name_of(function))
    if signature.return_annotation is not inspect.Signature.empty:
        with contextlib.suppress(PydanticUserError):  # only a hint to the model, which can do without
            declared["response_json_schema"] = _closed(adapter_of(signature.return_annotation).json_schema())
    return declared


def _documentation(function: Function) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.cleandoc(function.__doc__) if function.__doc__ else ""


def _parameters_schema(parameters: list[inspect.Parameter], function: str) -> Json:
    properties: Json = {}
    definitions: Json = {}
    for parameter in parameters:
        schema = _parameter_schema(parameter, function)
        for name, definition in schema.pop("$defs", {}).items():
            if definitions.setdefault(name, definition) != definition:
                raise ValueError(
                    f"Failed to parse the parameter {parameter} of function {function} for automatic function "
                    f"calling: another parameter uses another class named {name!r}; rename one."
                )
        properties[parameter.name] = schema
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    whole: Json = {"type": "object", "properties": properties}
    if definitions:
        whole["$defs"] = definitions
    return {**whole, "required": required} if required else whole


def _parameter_schema(parameter: inspect.Parameter, function: str) -> Json:
    try:
        adapter = adapter_of(parameter.annotation)
        schema = _closed(adapter.json_schema())
    except (PydanticUserError, NameError) as error:  # NameError: a forward reference inside the annotation
        raise ValueError(
            f"Failed to parse the parameter {parameter} of function {function} for automatic function calling: {error}"
        ) from error
    if parameter.default is not inspect.Parameter.empty:
        schema["default"] = adapter.dump_python(parameter.default, mode="json", warnings=False)
    return schema


def _closed(schema: Json) -> Json:
    """A schema whose tuple of fixed length takes nothing after its items, said as the service wants it."""
    items = schema.get("prefixItems")
    if items and schema.get("maxItems") == len(items):
        schema["unevaluatedItems"] = False
    return schema


def _make_adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation)
    except PydanticSchemaGenerationError:  # a class that pydantic does not know: checked by isinstance
        return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))


_kept_adapter = functools.lru_cache(maxsize=256)(_make_adapter)

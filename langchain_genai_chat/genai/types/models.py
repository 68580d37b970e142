"""What the service says of its models, and the options of asking.

Knows no model's name.
"""

from datetime import datetime

from pydantic import AliasChoices, Field

from ._base import ConfigModel, WireModel
from .options import HttpOptions


class Endpoint(WireModel):
    """Where a tuned model is deployed (Vertex)."""

    name: str | None = None
    deployed_model_id: str | None = None


class TunedModelInfo(WireModel):
    """What a tuned model was made from, and when."""

    base_model: str | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None


class Checkpoint(WireModel):
    """A state of a model's tuning."""

    checkpoint_id: str | None = None
    epoch: int | None = None
    step: int | None = None


class Model(WireModel):
    """A model: limits in tokens, and the methods it serves (`supportedGenerationMethods` on the wire).

    What else Vertex AI says of its base models is kept under its names, `supportedActions` among them: an object there.
    """

    name: str | None = None
    base_model_id: str | None = None
    version: str | None = Field(default=None, validation_alias=AliasChoices("version", "versionId"))
    display_name: str | None = None
    description: str | None = None
    input_token_limit: int | None = None
    output_token_limit: int | None = None
    supported_actions: list[str] | None = Field(
        default=None,
        validation_alias="supportedGenerationMethods",
        serialization_alias="supportedGenerationMethods",
    )
    temperature: float | None = None
    max_temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    thinking: bool | None = None
    endpoints: list[Endpoint] | None = None
    labels: dict[str, str] | None = None
    tuned_model_info: TunedModelInfo | None = None
    default_checkpoint_id: str | None = None
    checkpoints: list[Checkpoint] | None = None


class ListModelsResponse(WireModel):
    """One page of models, whichever of its three names the list has on the wire."""

    models: list[Model] | None = Field(
        default=None, validation_alias=AliasChoices("models", "tunedModels", "publisherModels")
    )
    next_page_token: str | None = None


class GetModelConfig(ConfigModel):
    """Options of asking for one model."""

    http_options: HttpOptions | None = None


class ListModelsConfig(ConfigModel):
    """Options of a listing; `query_base` False lists tuned models."""

    http_options: HttpOptions | None = None
    page_size: int | None = None
    page_token: str | None = None
    filter: str | None = None
    query_base: bool | None = None

"""The models of answers, under their names in the service's OpenAPI document."""

from ._generated.models import *  # noqa: F403

"""What answers are made of, under the names of the service's document."""

from ._generated.models import *  # noqa: F403

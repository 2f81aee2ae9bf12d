"""Numbers as the original's types bound them, and colours."""

from typing import Annotated, Final

from pydantic import Field

I32_MAX: Final = 2**31 - 1
U32_MAX: Final = 2**32 - 1
_F32_MAX: Final = 3.4028234663852886e38

I32 = Annotated[int, Field(ge=-I32_MAX - 1, le=I32_MAX)]
U32 = Annotated[int, Field(ge=0, le=U32_MAX)]
U8 = Annotated[int, Field(ge=0, le=255)]
U64 = Annotated[int, Field(ge=0, le=2**64 - 1)]
F32 = Annotated[float, Field(ge=-_F32_MAX, le=_F32_MAX)]

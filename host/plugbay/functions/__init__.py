"""Host functions written in Python: what guests of any ABI may call, declared by type annotations."""

from plugbay.functions.call import FunctionCall
from plugbay.functions.declaration import host_function
from plugbay.functions.function import HostFunction, Mode, Parameter, TypedHostFunction
from plugbay.functions.grants import FunctionPattern, check_function, parse_function_patterns
from plugbay.functions.kinds import USER_NAMESPACE, Json, Kind
from plugbay.functions.table import FunctionTable

__all__ = [
    "USER_NAMESPACE",
    "FunctionCall",
    "FunctionPattern",
    "FunctionTable",
    "HostFunction",
    "Json",
    "Kind",
    "Mode",
    "Parameter",
    "TypedHostFunction",
    "check_function",
    "host_function",
    "parse_function_patterns",
]

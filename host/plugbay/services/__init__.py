"""Host services: what a guest may reach outside its sandbox, granted by name."""

from plugbay.services.hosts import HostPattern
from plugbay.services.http import HttpClient
from plugbay.services.response import HttpResponse
from plugbay.services.services import HostServices

__all__ = ["HostPattern", "HostServices", "HttpClient", "HttpResponse"]

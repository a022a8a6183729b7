# Starts microburst, with two things that version 0.10 cannot be told.
import sys

from microburst import models
from microburst.cli import main
from microburst.forward import Upstream

forwarded_headers = Upstream._outbound_headers


# The functions sign the host they call, which is the proxy's. It names the upstream's instead, or signs everything anew
# as one caller: then the local AWS would check neither the functions' signatures nor their roles.
def with_the_host_that_was_signed(self, request):
    return {**forwarded_headers(self, request), "host": request.headers["Host"]}


Upstream._outbound_headers = with_the_host_that_was_signed
# Both versions of SES sign as "ses". Ours is the second, whose errors are JSON.
models._SCOPE_ALIASES["ses"] = "sesv2"
sys.exit(main())

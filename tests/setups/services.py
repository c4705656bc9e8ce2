"""Another service listens at that port."""

from tests.imitation.server import reply
from tests.setups.setup import Setup, answers, site

OTHER = r"not an?\b|another|no OpenAI|no /v1|does not (look|answer|speak)|instead of"
KEYS = ("refuses the key", "key (you gave )?is wrong", "nothing listens")
XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied.</Message>'
    "<Key>models</Key><BucketName>v1</BucketName><Resource>/v1/models</Resource><RequestId>17F1</RequestId></Error>"
)
SECURITY = {"type": "security_exception", "reason": "missing authentication credentials for REST request [/v1/models]"}
NO_SUCH_PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n<HTML><HEAD><TITLE>'
    "Not Found</TITLE></HEAD>\r\n<BODY><h2>Not Found</h2>\r\n<hr><p>HTTP Error 404. The requested resource is not "
    "found.</p>\r\n</BODY></HTML>\r\n"
)
SETTINGS = (
    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x40\x00\x00\x00\x06\x00\x00\x20\x00"
)


def grafana(handler):
    if handler.command == "POST":
        return reply(handler, 401, {"message": "Unauthorized", "messageId": "auth.unauthorized", "statusCode": 401})
    if handler.path.startswith("/login"):
        return reply(handler, 200, "<!DOCTYPE html><html><head><title>Grafana</title></head></html>", "text/html")
    return reply(handler, 302, '<a href="/login">Found</a>.', "text/html; charset=utf-8", Location="/login")


def prometheus(handler):
    if handler.path == "/":
        return reply(handler, 302, '<a href="/query">Found</a>.', "text/html; charset=utf-8", Location="/query")
    if handler.path == "/query":
        return reply(handler, 200, "<title>Prometheus Time Series Collection</title>", "text/html; charset=utf-8")
    return reply(handler, 404, "404 page not found\n", "text/plain; charset=utf-8")


SETUPS = [
    Setup(
        "Elasticsearch with its security on: a 401 that is not about this key",
        "elastic/elasticsearch, DefaultAuthenticationFailureHandler; 2026-11",
        answers(
            401,
            {"error": {"root_cause": [SECURITY], **SECURITY}, "status": 401},
            WWW_Authenticate='Basic realm="security", charset="UTF-8"',
            X_elastic_product="Elasticsearch",
        ),
        ("Elasticsearch|security_exception|Basic|" + OTHER,),
        KEYS,
    ),
    Setup(
        "Grafana on 3000",
        "grafana/grafana, pkg/middleware/auth.go: notAuthorized, redirect to /login; 2026-11",
        grafana,
        (f"Grafana|log ?in|sign|{OTHER}",),
        KEYS,
    ),
    Setup(
        "Prometheus on 9090",
        "prometheus/prometheus, web/web.go; 2026-11",
        prometheus,
        (f"Prometheus|{OTHER}",),
        KEYS,
    ),
    Setup(
        "MongoDB says in a 200 that it speaks no HTTP",
        "mongodb/mongo, src/mongo/transport: It looks like you are trying to access MongoDB over HTTP; 2026-11",
        answers(
            200,
            "It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n",
            "text/plain",
            server="",
        ),
        ("MongoDB",),
        KEYS,
    ),
    Setup(
        "macOS' AirPlay has port 5000",
        "github.com/retypeapp/retype/issues/688, github.com/medusajs/admin/issues/871: Server: AirTunes; 2026-11",
        answers(403, "", "text/plain", server="AirTunes/750.14.1"),
        ("AirPlay|AirTunes|macOS",),
        KEYS,
    ),
    Setup(
        "MinIO: a 403 in XML",
        "minio/minio, cmd/api-errors.go: AccessDenied; 2026-11",
        answers(403, XML, "application/xml", server="MinIO"),
        (f"MinIO|S3|XML|{OTHER}",),
        KEYS,
    ),
    Setup(
        "Qdrant on 6333",
        "qdrant/qdrant, src/actix/mod.rs: the greeting at /, 404 without a body elsewhere; 2026-11",
        site(
            {"/": answers(200, {"title": "qdrant - vector search engine", "version": "1.15.0"})},
            answers(404, "", "text/plain"),
        ),
        (f"[Qq]drant|{OTHER}",),
        KEYS,
    ),
    Setup(
        "a port that speaks gRPC: HTTP/2 from the first byte",
        "RFC 9113, 3.4; Triton's 8001 and vLLM's gRPC entry point; 2026-11",
        None,
        ("HTTP|gRPC",),
        ("nothing listens",),
        raw=SETTINGS,
    ),
    Setup("VNC", "RFC 6143, 7.1.1", None, ("VNC|HTTP|RFB",), ("nothing listens",), raw=b"RFB 003.008\n"),
    Setup(
        "Triton's own protocol on 8000",
        "triton-inference-server/server, src/http_server.cc; docs: /v2 is server metadata; 2026-11",
        site(
            {
                "/v2": answers(200, {"name": "triton", "version": "2.61.0", "extensions": ["classification"]}),
                "/v2/health/ready": answers(200, "", "text/plain"),
            },
            answers(404, "", "text/plain"),
        ),
        (f"[Tt]riton|/v2|{OTHER}",),
        KEYS,
    ),
    Setup(
        "Windows' HTTP.sys knows no such place",
        "learn.microsoft.com/troubleshoot: HTTP Error 404. The requested resource is not found.; 2026-11",
        answers(404, NO_SUCH_PAGE, "text/html; charset=us-ascii", server="Microsoft-HTTPAPI/2.0"),
        (f"HTTP\\.sys|HTTPAPI|Windows|web server|{OTHER}",),
        KEYS,
    ),
    Setup(
        "the web page of text-generation-webui on 7860, its API is on 5000",
        "oobabooga/text-generation-webui: Gradio on 7860; gradio/routes.py; 2026-11",
        site(
            {
                "/": answers(
                    200, "<!doctype html><html><script>window.gradio_config = {}</script></html>", "text/html"
                ),
                "/config": answers(200, {"version": "4.44.1", "mode": "blocks", "app_id": 1}),
            }
        ),
        (f"Gradio|web|{OTHER}",),
        KEYS,
    ),
]

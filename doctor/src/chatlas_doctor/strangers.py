"""Services that are no model servers, told by what they answer: what listens there has a name.

Read 2026-11 in their sources and trackers, not run here.
"""

import re

STRANGERS = (  # name, and what its headers or the beginning of its answer hold
    ("AirPlay (macOS has ports 5000 and 7000 for it)", r"^server: AirTunes"),
    ("MongoDB", r"access MongoDB over HTTP"),
    ("Elasticsearch", r"^x-elastic-product:|security_exception|You Know, for Search"),
    ("MinIO", r"^server: MinIO"),
    ("Grafana", r"<title>Grafana"),
    ("Prometheus", r"<title>Prometheus"),
    ("Qdrant", r"qdrant - vector search engine"),
    ("Ray Serve", r"-/routes for (available routes|route table)"),
    ("a web page made with Gradio", r"window\.gradio_config"),
    ("Streamlit", r"<title>Streamlit"),
    ("TensorBoard", r"<title>TensorBoard"),
    ("MLflow", r"<title>MLflow"),
    ("Jenkins", r"^x-jenkins:"),
    ("InfluxDB", r"^x-influxdb-version:"),
    ("ClickHouse", r"^x-clickhouse-|is for clickhouse-client"),
    ("CouchDB", r"^server: CouchDB"),
    ("a Docker registry", r"^docker-distribution-api-version:"),
    ("Kubernetes", r'"kind": ?"Status",\s*"apiVersion"'),
    ("CUPS, which prints", r"^server: CUPS"),
    ("Windows' HTTP.sys", r"^server: Microsoft-HTTPAPI"),
)


def stranger(*replies):
    """The name of the service that is no model server and gave these replies, or ""."""
    for reply in replies:
        head = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
        said = f"{head}\n\n{reply.text[:2000]}"
        for name, sign in STRANGERS:
            if re.search(sign, said, re.IGNORECASE | re.MULTILINE):
                return name
    return ""

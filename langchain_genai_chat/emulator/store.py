"""What the service keeps between requests: uploaded files, caches, and tokens that it gave out.

Knows resources and the upload protocol as values; knows nothing of HTTP. Files' bytes are counted, not kept.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .model import count_tokens, total_of
from .refusals import Json, RefusalError

GRANULARITY = 8 * 1024 * 1024  # recorded: chatlas-test-google-file-lifecycle-05ff5110
FILES_URL = "https://generativelanguage.googleapis.com/v1beta/"
KEPT = timedelta(hours=48)  # ai.google.dev, files
TOKEN_PREFIX = "emulated-token-"  # noqa: S105 - how its tokens begin, which is no secret


@dataclass(slots=True)
class Upload:
    """A resumable upload that has begun."""

    about: Json
    received: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class Store:
    """Everything that is kept, by name."""

    files: dict[str, Json] = field(default_factory=dict)
    caches: dict[str, Json] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    made: int = 0

    def start_upload(self, about: Json, headers: Mapping[str, str]) -> str:
        """Begin an upload; gives its ID."""
        about = {**about, "mimeType": about.get("mimeType") or headers.get("x-goog-upload-header-content-type", "")}
        self.made += 1
        self.uploads[f"u_{self.made}"] = Upload(about)
        return f"u_{self.made}"

    def add_bytes(self, upload_id: str, command: str, offset: str, data: bytes) -> tuple[Json | None, dict[str, str]]:
        """Take bytes, or tell how many came: the answer's body, the file once it is whole, and headers."""
        upload = self.uploads.get(upload_id)
        if upload is None:
            raise RefusalError("an upload must have begun")
        if command != "query":
            is_whole = "finalize" in command or ("upload" in command and not len(data) % GRANULARITY)
            if offset != str(upload.received) or not is_whole:
                raise RefusalError("a chunk must follow what has come")
            upload.received += len(data)
            upload.digest.update(data)
        if "finalize" not in command:
            return None, {"x-goog-upload-status": "active", "x-goog-upload-size-received": str(upload.received)}
        del self.uploads[upload_id]
        return {"file": self._add_file(upload)}, {"x-goog-upload-status": "final"}

    def _add_file(self, upload: Upload) -> Json:
        self.made += 1
        name, now = upload.about.get("name") or f"files/emulated{self.made}", datetime.now(UTC)
        digest = base64.b64encode(upload.digest.hexdigest().encode()).decode()
        row = {**upload.about, "name": name, "sizeBytes": str(upload.received), "sha256Hash": digest}
        row |= {"createTime": now.isoformat(), "updateTime": now.isoformat(), "uri": FILES_URL + name}
        row |= {"expirationTime": (now + KEPT).isoformat(), "state": "ACTIVE", "source": "UPLOADED"}
        if row["mimeType"].startswith("video/"):
            row["state"], self.looks[name] = "PROCESSING", 2  # looks that see it so
        self.files[name] = row
        return row

    def serve_file(self, method: str, name: str) -> Json:
        """Look up or delete a file; a film becomes ACTIVE when it has been looked at some times."""
        row = self.files.get(name)
        if row is None:
            raise RefusalError("a file must be there", {"id": name.removeprefix("files/")})
        if method == "DELETE":
            del self.files[name]
            return {}
        self.looks[name] = self.looks.get(name, 0) - 1
        if self.looks[name] < 0:
            row["state"] = "ACTIVE"
        return row

    def serve_cache(self, method: str, name: str, body: Json, vertex: str) -> Json:
        """Make, look up, prolong or delete a cache; `vertex` is the path of its project there."""
        now = datetime.now(UTC)
        if method == "POST":
            self.made += 1
            row = {"displayName": "", **body, "name": f"{vertex}cachedContents/emulated{self.made}"}
            row |= {"createTime": now.isoformat(), "usageMetadata": {"totalTokenCount": total_of(count_tokens(body))}}
            self.caches[row["name"]] = row
        else:
            row = self.find_cache(name)
        if method == "DELETE":
            del self.caches[name]
            return {}
        if method != "GET":
            ttl = timedelta(seconds=float(body.get("ttl", "3600s").removesuffix("s")))
            row |= {"updateTime": now.isoformat(), "expireTime": body.get("expireTime") or (now + ttl).isoformat()}
        return {key: value for key, value in row.items() if key not in HIDDEN}

    def find_cache(self, name: str) -> Json:
        """A cache that is not over."""
        row = self.caches.get(name)
        if row is None or datetime.fromisoformat(row["expireTime"]) <= datetime.now(UTC):
            if name.startswith("projects/"):
                raise RefusalError("a cache must be there on Vertex", {"id": name.rpartition("/")[2]})
            raise RefusalError("a cache must be there")
        return row

    def with_cache(self, body: Json) -> Json:
        """A request with what its cache holds in front."""
        if "cachedContent" not in body:
            return body
        row = self.find_cache(body["cachedContent"])
        kept: Json = {key: row[key] for key in ("systemInstruction", "tools", "toolConfig") if key in row}
        rest = {key: value for key, value in body.items() if key != "cachedContent"}
        return {**rest, **kept, "contents": [*row.get("contents", []), *body.get("contents", [])]}

    def give_token(self) -> Json:
        """A new bearer token, as a token endpoint gives it."""
        self.made += 1
        token = f"{TOKEN_PREFIX}{self.made}"
        self.tokens.add(token)
        return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def check_token(self, token: str) -> None:
        """Raise RefusalError for a token of its own that is no longer good; others are taken as they are."""
        if token.startswith(TOKEN_PREFIX) and token not in self.tokens:
            raise RefusalError("a token must not be over")


HIDDEN = ("contents", "systemInstruction", "tools", "toolConfig", "ttl")  # never in an answer (recorded)

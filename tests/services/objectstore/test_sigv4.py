"""Our signatures are botocore's, whatever is signed."""

from datetime import UTC, datetime
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.services.objectstore.sigv4 import Credentials, path_of, query_of, signed

AT = datetime(2026, 11, 26, 12, 30, 0, tzinfo=UTC)
WORDS = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="/"),
    min_size=1,
    max_size=12,
).filter(lambda text: text not in (".", ".."))


def theirs(method, path, query, headers, body, token):
    """botocore's Authorization header of the same request."""
    url = f"https://h:9000{path}" + (f"?{query_of(query)}" if query else "")
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    signer = botocore.auth.S3SigV4Auth(Theirs("KEY", "secret", token or None), "s3", "eu-north-1")
    request.context["client_config"] = None
    now = AT.replace(tzinfo=None)
    with (
        mock.patch("botocore.auth.get_current_datetime", return_value=now),
        mock.patch.object(signer, "_should_sha256_sign_payload", return_value=True),
    ):
        signer.add_auth(request)
    return request.headers["Authorization"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "DELETE", "POST"]),
    st.lists(WORDS, min_size=1, max_size=3),
    st.dictionaries(WORDS, st.text(max_size=8), max_size=3),
    st.binary(max_size=40),
    st.sampled_from(["", "token"]),
)
def test_every_request_is_signed_as_botocore_signs_it(method, parts, query, body, token):
    path = path_of(*parts)
    headers = {"host": "h:9000", "if-none-match": "*", "content-md5": "x  y"}
    found = signed(
        Credentials(access_key="KEY", secret_key="secret", token=token),
        method=method,
        path=path,
        query=query,
        headers=headers,
        body=body,
        region="eu-north-1",
        at=AT,
    )
    assert found["authorization"] == theirs(method, path, query, headers, body, token)


def test_credentials_never_show_their_secret():
    assert "secret" not in repr(Credentials(access_key="KEY", secret_key="secret", token="t"))

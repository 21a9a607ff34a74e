"""What a caller outside Google Cloud does, with google-auth as Debian has it: KEY URL BUCKET STORAGE."""
import sys

from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

key, url, bucket, storage = sys.argv[1:]

# An ID token for Cloud Run.
session = AuthorizedSession(service_account.IDTokenCredentials.from_service_account_file(key, target_audience=url))
answer = session.post(url, json={"message": {"attributes": {"bucketId": bucket, "objectId": "demo.docx"}}})
print("run", answer.status_code, answer.json()["body"])

# An access token for Cloud Storage.
credentials = service_account.Credentials.from_service_account_file(key, scopes=["https://www.googleapis.com/auth/devstorage.read_write"])
session = AuthorizedSession(credentials)
answer = session.post(f"{storage}/upload/storage/v1/b/{bucket}/o?uploadType=media&name=from-python", data=b"hello from python")
print("upload", answer.status_code, answer.json()["size"])
answer = session.get(f"{storage}/storage/v1/b/{bucket}/o/from-python?alt=media")
print("download", answer.status_code, answer.text)
answer = session.delete(f"{storage}/storage/v1/b/{bucket}")
print("forbidden", answer.status_code)

# A token for somebody else's service.
session = AuthorizedSession(service_account.IDTokenCredentials.from_service_account_file(key, target_audience="https://example.com"))
print("audience", session.post(url).status_code)

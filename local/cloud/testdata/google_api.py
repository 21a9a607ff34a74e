"""Google's API client for Python against the local cloud: KEY ENDPOINT PROJECT BUCKET DISCOVERY, where DISCOVERY is a
folder of Google's discovery documents, by which this client makes its calls."""
import io
import json
import sys

from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

key, endpoint, project, bucket, discovery = sys.argv[1:]
credentials = service_account.Credentials.from_service_account_file(key, scopes=["https://www.googleapis.com/auth/cloud-platform"])


def service(document, mount):
    with open(f"{discovery}/{document}") as f:
        description = json.load(f)
    description["rootUrl"] = endpoint + mount
    description["mtlsRootUrl"] = endpoint + mount
    return build_from_document(description, credentials=credentials)


storage = service("storage/v1/storage-api.json", "/")
data = b"0123456789abcdef" * (48 << 10)
media = MediaIoBaseUpload(io.BytesIO(data), "text/x", chunksize=256 << 10, resumable=True)
uploaded = storage.objects().insert(bucket=bucket, name="dir/from python", media_body=media).execute()
print("uploaded", uploaded["size"], uploaded["contentType"])
out = io.BytesIO()
download = MediaIoBaseDownload(out, storage.objects().get_media(bucket=bucket, object="dir/from python"), chunksize=300 << 10)
done = False
while not done:
    _, done = download.next_chunk()
print("downloaded", out.getvalue() == data)
print("listed", [o["name"] for o in storage.objects().list(bucket=bucket, prefix="dir/").execute()["items"]])
try:
    storage.objects().get(bucket=bucket, object="none").execute()
except HttpError as e:
    print("missing", e.resp.status, "No such object" in str(e))
storage.objects().delete(bucket=bucket, object="dir/from python").execute()

iam = service("iam/v1/iam-api.json", "/iam/")
try:
    iam.projects().serviceAccounts().list(name=f"projects/{project}").execute()
except HttpError as e:
    print("denied", e.resp.status, "iam.serviceAccounts.list" in str(e))

pubsub = service("pubsub/v1/pubsub-api.json", "/pubsub/")
print("published", len(pubsub.projects().topics().publish(topic=f"projects/{project}/topics/news", body={"messages": [{"data": "aGk="}]}).execute()["messageIds"]))

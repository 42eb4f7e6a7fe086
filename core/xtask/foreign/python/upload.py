"""Uploads one file with tuspy, as an agency's own program would.

    python upload.py --to URL --file FILE --state FILE [--token T] [--pause-at BYTES]

The upload's URL is kept in the state file; a second run resumes from it. With --pause-at it prints `paused N` once
the server has acknowledged that many bytes and waits there, to be killed. Else it ends with `started at N` (the
offset that the server reported) and `done URL`.
"""

import argparse
import sys

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

parser = argparse.ArgumentParser()
parser.add_argument("--to", required=True)
parser.add_argument("--file", required=True)
parser.add_argument("--state", required=True)
parser.add_argument("--token")
parser.add_argument("--pause-at", type=int)
args = parser.parse_args()

headers = {"Authorization": f"Bearer {args.token}"} if args.token else {}
uploader = TusClient(args.to, headers=headers).uploader(
    args.file,
    chunk_size=64 * 1024,
    metadata={"filename": "from-tuspy.jpg"},
    store_url=True,
    url_storage=FileStorage(args.state),
)
started_at = uploader.offset
uploader.upload(stop_at=args.pause_at)
if args.pause_at is not None:
    print(f"paused {uploader.offset}", flush=True)
    sys.stdin.read()  # a test that dies closes the pipe
    sys.exit(2)
print(f"started at {started_at}", flush=True)
print(f"done {uploader.url}", flush=True)

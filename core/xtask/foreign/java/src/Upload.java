import io.tus.java.client.TusClient;
import io.tus.java.client.TusURLStore;
import io.tus.java.client.TusUpload;
import io.tus.java.client.TusUploader;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Uploads one file with tus-java-client, as an agency's own program would.
 *
 * <pre>java Upload --to URL --file FILE --state FILE [--token T] [--pause-at BYTES]</pre>
 *
 * The upload's URL is kept in the state file; a second run resumes from it. With --pause-at it prints `paused N` once
 * the server has acknowledged that many bytes and waits there, to be killed. Else it ends with `started at N` (the
 * offset that the server reported) and `done URL`.
 */
public final class Upload {
    private static final int CHUNK = 64 * 1024;

    public static void main(String[] words) throws Exception {
        Map<String, String> args = new HashMap<>();
        for (int i = 0; i + 1 < words.length; i += 2) {
            args.put(words[i], words[i + 1]);
        }
        TusClient client = new TusClient();
        client.setUploadCreationURL(new URL(args.get("--to")));
        client.enableResuming(new FileStore(Path.of(args.get("--state"))));
        if (args.containsKey("--token")) {
            client.setHeaders(Map.of("Authorization", "Bearer " + args.get("--token")));
        }
        long pauseAt = Long.parseLong(args.getOrDefault("--pause-at", Long.toString(Long.MAX_VALUE)));

        TusUploader uploader = client.resumeOrCreateUpload(new TusUpload(new File(args.get("--file"))));
        long startedAt = uploader.getOffset();
        uploader.setChunkSize(CHUNK);
        // One request for each chunk, so that what was written is also acknowledged.
        uploader.setRequestPayloadSize(CHUNK);
        while (uploader.uploadChunk() > -1) {
            if (uploader.getOffset() >= pauseAt) {
                uploader.finish(false);
                System.out.println("paused " + uploader.getOffset());
                while (System.in.read() >= 0) {
                    // A test that dies closes the pipe.
                }
                System.exit(2);
            }
        }
        uploader.finish();
        System.out.println("started at " + startedAt);
        System.out.println("done " + uploader.getUploadURL());
    }

    /** Keeps one upload's URL in a file. */
    private record FileStore(Path file) implements TusURLStore {
        @Override
        public void set(String fingerprint, URL url) {
            write(fingerprint + "\n" + url);
        }

        @Override
        public URL get(String fingerprint) {
            try {
                String[] lines = Files.exists(file) ? Files.readString(file).split("\n") : new String[0];
                return lines.length == 2 && lines[0].equals(fingerprint) ? new URL(lines[1]) : null;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void remove(String fingerprint) {
            write("");
        }

        private void write(String text) {
            try {
                Files.writeString(file, text);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

package org.naturalinversion.data;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import org.naturalinversion.model.io.AtomicFiles.Content;

/** Content whose SHA-256 is known once it has been written. */
final class Fingerprinted implements Content {
    private final Content content;
    private String sha256;

    Fingerprinted(Content content) {
        this.content = content;
    }

    @Override
    public void writeTo(FileChannel channel) throws IOException {
        content.writeTo(channel);
        sha256 = Sha256.of(Channels.newInputStream(channel.position(0)));
    }

    /** Of what has been written; null before. */
    String sha256() {
        return sha256;
    }
}

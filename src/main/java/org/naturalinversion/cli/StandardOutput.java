package org.naturalinversion.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Optional;

/** Standard output that remembers the first write error: PrintWriter hides it. */
final class StandardOutput extends OutputStream {
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private IOException failure;

    /** Prints to it, in the characters of where it is shown. */
    PrintWriter printer() {
        // Java has the property since 19; before, its default is that of the environment.
        String charset = System.getProperty("stdout.encoding", Charset.defaultCharset().name());
        return new PrintWriter(this, false, Charset.forName(charset));
    }

    /** The first failure to write. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        }
    }
}

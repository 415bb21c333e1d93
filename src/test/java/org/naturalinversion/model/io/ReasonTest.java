package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said after "cannot be read" and "cannot be written". */
class ReasonTest {
    @TempDir Path folder;

    @Test
    void namesWhatIsMissing() throws IOException {
        assertThat(reason(() -> Files.readString(folder.resolve("a"))))
                .isEqualTo("no such file or folder");
        assertThat(reason(() -> Files.readString(folder.resolve("a/b"))))
                .isEqualTo("there is no folder " + folder.resolve("a"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere/x"));
        assertThat(reason(() -> Files.readString(link)))
                .isEqualTo(reason(() -> Files.createDirectory(link)))
                .isEqualTo("it is a broken link to nowhere/x");
    }

    @Test
    void namesWhatIsInTheWay() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(reason(() -> Files.createDirectory(file)))
                .isEqualTo("a file of that name exists");
        assertThat(reason(() -> Files.readString(file.resolve("x")))).isEqualTo("not a directory");
        assertThat(reason(() -> Files.newOutputStream(folder))).isEqualTo("is a directory");
        assertThat(ModelFileException.reason(new AccessDeniedException("x")))
                .isEqualTo("permission denied");
    }

    @Test
    void isNeverNothing() {
        assertThat(ModelFileException.reason(new IOException())).isEqualTo("java.io.IOException");
        assertThat(ModelFileException.reason(new IOException("No space left on device")))
                .isEqualTo("No space left on device");
    }

    private static String reason(ThrowingCallable call) {
        return ModelFileException.reason(catchThrowableOfType(IOException.class, call));
    }
}

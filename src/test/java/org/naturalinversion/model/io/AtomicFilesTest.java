package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.io.AtomicFiles.Content;

class AtomicFilesTest {
    @TempDir Path folder;

    @Test
    void writesAllFiles() throws IOException {
        Files.createDirectory(folder.resolve("sub"));
        AtomicFiles.write(
                Map.of(
                        folder.resolve("a"), Content.of(new byte[] {1}),
                        folder.resolve("sub/b"), Content.of(new byte[100_000])));

        assertThat(folder.resolve("a")).hasBinaryContent(new byte[] {1});
        assertThat(folder.resolve("sub/b")).hasBinaryContent(new byte[100_000]);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("a", "sub");
        assertThat(folder.resolve("sub").toFile().list()).containsExactly("b");
    }

    @Test
    void writesNoneIfOneCannotBeWritten() throws IOException {
        Path good = Files.writeString(folder.resolve("good"), "old");
        Path bad = folder.resolve("bad");
        Map<Path, Content> files = new LinkedHashMap<>();
        files.put(good, Content.of(new byte[9]));
        files.put(
                bad,
                channel -> {
                    Content.of(new byte[5]).writeTo(channel);
                    throw new IOException("No space left on device");
                });

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> AtomicFiles.write(files))
                .withMessage(bad + ": cannot be written: No space left on device");
        assertThat(good).hasContent("old");
        assertThat(folder.toFile().list()).containsExactly("good");
    }

    @Test
    void sweepsOnlyDrafts() throws IOException {
        Files.writeString(folder.resolve(".manifest.json.0123456789abcdef"), "half");
        Path deep = Files.createDirectories(folder.resolve("images/7"));
        Files.writeString(deep.resolve(".0000-001.png.fedcba9876543210"), "half");
        Files.writeString(folder.resolve(".hidden"), "mine");
        Files.writeString(folder.resolve("image.png"), "mine");
        Path named = Files.createDirectory(folder.resolve(".a.0123456789abcdef"));

        AtomicFiles.sweep(folder);
        AtomicFiles.sweep(folder.resolve("missing"));

        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder(
                        ".hidden", "image.png", "images", named.getFileName().toString());
        assertThat(deep).isNotEmptyDirectory();
        AtomicFiles.sweep(deep);
        assertThat(deep).isEmptyDirectory();
    }
}

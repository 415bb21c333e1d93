import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars into a folder, with their entries stored instead of compressed: the archive around
 * them compresses them better. Run as it is, {@code java StoredJars.java FOLDER JAR...}.
 */
final class StoredJars {
    private StoredJars() {}

    /** The folder, then the jars. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        for (String argument : List.of(arguments).subList(1, arguments.length)) {
            Path jar = Path.of(argument);
            copy(jar, folder.resolve(jar.getFileName()));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (ZipFile jar = new ZipFile(from.toFile());
                ZipOutputStream copy = new ZipOutputStream(Files.newOutputStream(to))) {
            for (ZipEntry entry : Collections.list(jar.entries())) {
                ZipEntry stored = new ZipEntry(entry.getName());
                stored.setMethod(ZipEntry.STORED);
                stored.setTimeLocal(entry.getTimeLocal());
                stored.setSize(entry.getSize());
                stored.setCrc(entry.getCrc());
                copy.putNextEntry(stored);
                try (InputStream content = jar.getInputStream(entry)) {
                    content.transferTo(copy);
                }
            }
        }
    }
}

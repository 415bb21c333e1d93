package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Jvm;

/**
 * The program, in a process of its own, where others have left code for it: it runs and loads none
 * of that, and leaves nothing where others could change it.
 */
class ForeignCodeTest {
    private static final String SYNTHESIZE =
            "synthesize --backend auto --batch 2 --iterations 1 --out run";

    /** Without kernels for a device, as a build without nvcc has none, nothing is searched. */
    private static final Path SIMULATED = Path.of("target/simulation/libni_cuda.so");

    private static final String LIBRARY = "org/bytedeco/dnnl/linux-x86_64/libjnidnnl.so";

    @TempDir private Path folder;
    private Path work;
    private Path temporary;

    /** How the program ended. */
    private record Run(int code, String err) {}

    @BeforeEach
    void makeFolders() throws IOException {
        work = Files.createDirectory(folder.resolve("work"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
    }

    @Test
    void nothingOfTheCurrentFolderIsRun() throws Exception {
        Path ran = folder.resolve("ran");
        Path packaged = Files.createDirectory(work.resolve("nvidia"));
        Files.writeString(packaged.resolve("__init__.py"), "open('" + ran + "', 'w')");
        Path programs = Files.createDirectory(folder.resolve("programs"));
        for (String name : List.of("python", "python3")) {
            Path program = programs.resolve(name);
            Files.writeString(program, "#!/bin/sh\ntouch " + ran + "\n");
            assertThat(program.toFile().setExecutable(true)).isTrue();
        }
        Path nowhere = Files.createDirectory(folder.resolve("nowhere"));
        Path packages = work.resolve("lib/python3.12/site-packages/nvidia/cu13/lib");
        Files.createDirectories(packages);
        for (String library : List.of("libcuda.so.1", "libgomp.so.1", "libjnijavacpp.so")) {
            Files.writeString(work.resolve(library), "no library");
            Files.writeString(packages.resolve(library), "no library");
        }

        Run run =
                ni(
                        Map.of(
                                "PATH", programs + File.pathSeparator + System.getenv("PATH"),
                                "CUDA_PATH", ".",
                                "CUDA_HOME", "",
                                "VIRTUAL_ENV", "."),
                        "-Dni.cuda.kernels=%s -Dni.library.path=%s %s"
                                .formatted(SIMULATED.toAbsolutePath(), nowhere, SYNTHESIZE));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err())
                .doesNotContain("cannot be loaded", work.toString())
                // It has searched.
                .containsAnyOf("was not found", "backend cuda");
        assertThat(ran).doesNotExist();
    }

    /** Without a home, others' folders in /tmp would be the next place to unpack libraries to. */
    @Test
    void nothingIsUnpackedToWhereOthersWrite() throws Exception {
        Path planted =
                Files.createDirectories(
                        temporary.resolve(
                                ".javacpp-" + System.getProperty("user.name") + "/cache"));
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwxrwxrwx"));

        Run run = ni(Map.of(), "-Duser.home=" + folder.resolve("nowhere") + " " + SYNTHESIZE);

        assertThat(run.code()).as(run.err()).isZero();
        try (Stream<Path> files = Files.walk(temporary)) {
            assertThat(files).containsExactlyInAnyOrder(temporary, planted.getParent(), planted);
        }
    }

    @Test
    void noFolderForTemporaryFilesIsNeeded() throws Exception {
        Files.delete(temporary);
        Run run = ni(Map.of(), SYNTHESIZE);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(work.resolve("run/losses.png")).exists();
        assertThat(work.resolve("run/grid.png")).exists();
        assertThat(temporary).doesNotExist();
    }

    @Test
    void librariesInAJarAreNotLoaded() throws Exception {
        Path jar = folder.resolve("first.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry(LIBRARY));
            out.write("no library".getBytes(UTF_8));
        }
        Run run = ni(List.of(jar), Map.of(), "inspect builtin:resnet20-cifar10 --backend cpu");
        assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(run.err())
                .contains("libjnidnnl.so is in a jar, but libraries are only loaded from a folder")
                .hasLineCount(1);
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aLibraryThatCannotBeLoadedIsNamed() throws Exception {
        Path library = folder.resolve("first").resolve(LIBRARY);
        Files.createDirectories(library.getParent());
        Files.writeString(library, "no library");
        Run run =
                ni(
                        List.of(folder.resolve("first")),
                        Map.of(),
                        "inspect builtin:resnet20-cifar10 --backend cpu");
        assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
        // The virtual machine adds advice of its own.
        assertThat(run.err().lines().filter(told -> told.startsWith("ni: ")))
                .singleElement(STRING)
                .endsWith("loaded: " + library + ": file too short");
    }

    private Run ni(Map<String, String> environment, String line)
            throws IOException, InterruptedException {
        return ni(List.of(), environment, line);
    }

    /** Runs the program in {@link #work}, with something before its classes. */
    private Run ni(List<Path> before, Map<String, String> environment, String line)
            throws IOException, InterruptedException {
        List<String> words = Arrays.asList(line.split(" ", -1));
        List<String> path = new ArrayList<>(before.stream().map(Path::toString).toList());
        path.add(System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(Jvm.command());
        command.add("-Djava.io.tmpdir=" + temporary);
        command.add("-XX:+PerfDisableSharedMem");
        command.addAll(words.stream().filter(word -> word.startsWith("-D")).toList());
        command.addAll(List.of("-cp", String.join(File.pathSeparator, path)));
        command.add(Main.class.getName());
        command.addAll(words.stream().filter(word -> !word.startsWith("-D")).toList());
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(work.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(err.toFile());
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        // What a newer Java warns of is not the program's.
        return new Run(
                process.exitValue(),
                Files.readString(err, UTF_8).replaceAll("(?m)^WARNING: .*\\n", ""));
    }
}

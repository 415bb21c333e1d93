package org.naturalinversion.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher {@code ni} in a house of cardboard: its own folder, its own java and mvn that only
 * tell what they got.
 */
class LauncherTest {
    private static final List<String> NEEDED =
            List.of(
                    "bash",
                    "cat",
                    "find",
                    "flock",
                    "mkdir",
                    "nproc",
                    "readlink",
                    "rm",
                    "sleep",
                    "touch");

    @TempDir Path folder;
    private Path house;
    private Path tools;

    @BeforeEach
    void buildHouse() throws IOException {
        house = Files.createDirectories(folder.resolve("my house"));
        tools = Files.createDirectories(folder.resolve("tools"));
        Files.copy(Path.of("ni"), house.resolve("ni"));
        Files.createDirectories(house.resolve("src/main"));
        Files.createDirectories(house.resolve("cmake"));
        for (String source : List.of("pom.xml", "CMakeLists.txt", "src/main/Source.java")) {
            Files.writeString(house.resolve(source), "");
        }
        for (String tool : NEEDED) {
            script(tool, "exec " + find(tool) + " \"$@\"");
        }
        script("cmake", "");
        script("g++", "");
        script(
                "mvn",
                "echo building >> \"$PWD/builds\"; sleep 0.2; touch target/naturalinversion.jar");
        java("17.0.15");
    }

    @Test
    void buildsOnceThenOnlyRuns() throws Exception {
        assertThat(ni("synthesize", "--out", "a b").output())
                .contains("<synthesize>", "<--out>", "<a b>");
        ni();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        ni();
        change("src/main/Source.java");
        ni();
        ni();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void dropsOldLibrariesWhenTheirListChanges() throws Exception {
        ni();
        Path library = Files.createDirectories(house.resolve("target/lib")).resolve("old.jar");
        Files.createFile(library);
        change("src/main/Source.java");
        ni();
        assertThat(library).exists();
        change("pom.xml");
        ni();
        assertThat(library).doesNotExist();
    }

    @Test
    void buildsOnceForTwoAtATime() throws Exception {
        Process one = start(house.resolve("ni"), Map.of());
        Process other = start(house.resolve("ni"), Map.of());
        assertThat(one.waitFor() + other.waitFor()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void showsTheLogOnlyOfABuildThatFails() throws Exception {
        assertThat(ni().output()).doesNotContain("compiler speaking");
        Files.delete(house.resolve("target/naturalinversion.jar"));
        script("mvn", "echo compiler speaking; exit 3");
        Result result = ni();
        assertThat(result.output())
                .contains("compiler speaking", "the build failed")
                .doesNotContain("java:");
        assertThat(result.exit()).isEqualTo(1);
    }

    @Test
    void namesMissingToolsAndTheirPackages() throws Exception {
        Files.delete(tools.resolve("mvn"));
        Files.delete(tools.resolve("g++"));
        Result result = ni();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output())
                .isEqualTo(
                        "ni: missing to build: mvn (Debian package maven), g++ (Debian package g++)\n");
    }

    @Test
    void needsJava17() throws Exception {
        java("11.0.2");
        Result result = ni();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).contains("is Java 11", "17 or newer").hasLineCount(1);
    }

    @Test
    void opensNativeAccessWhereJavaAsksForIt() throws Exception {
        assertThat(ni().output()).doesNotContain("--enable-native-access");
        java("25.0.3");
        assertThat(ni().output()).contains("<--enable-native-access=ALL-UNNAMED>");
    }

    @Test
    void givesOpenMpItsThreads() throws Exception {
        assertThat(ni("--threads", "3").output()).contains("threads=3\n");
        assertThat(ni("bench", "--threads=5").output()).contains("threads=5\n");
        assertThat(ni("--threads=many").output()).containsPattern("threads=[1-9]");
        assertThat(ni("--", "--threads=77").output()).doesNotContain("threads=77\n");
    }

    @Test
    void runsThroughALinkFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), house.resolve("ni"));
        assertThat(result(start(link, Map.of())).output())
                .contains("<" + house + "/target/classes:");
    }

    @Test
    void passesOptionsAndExitCode() throws Exception {
        Result result =
                result(
                        start(
                                house.resolve("ni"),
                                Map.of("NI_JAVA_OPTIONS", "-Da=1 -Db=2", "EXIT", "4")));
        assertThat(result.output()).contains("<-Da=1>", "<-Db=2>");
        assertThat(result.exit()).isEqualTo(4);
    }

    @Test
    void runsInTheBundleWithWhatItBrings() throws Exception {
        Path bundle = Files.createDirectories(folder.resolve("a bundle"));
        Path ni = Files.createDirectories(bundle.resolve("bin")).resolve("ni");
        Files.copy(Path.of("ni"), ni);
        java(bundle.resolve("runtime"), "25.0.3");
        java("11.0.2");
        for (String tool : List.of("mvn", "find", "flock", "touch")) {
            Files.delete(tools.resolve(tool));
        }
        Result result = result(start(ni, Map.of("EXIT", "4"), "doctor", "--threads", "3"));
        assertThat(result.output())
                .startsWith("java: threads=3\n")
                .contains("<" + bundle + "/classes:" + bundle + "/lib/*>", "<doctor>")
                .contains("<--enable-native-access=ALL-UNNAMED>");
        assertThat(result.exit()).isEqualTo(4);
    }

    private record Result(int exit, String output) {}

    private Result ni(String... arguments) throws Exception {
        return result(start(house.resolve("ni"), Map.of(), arguments));
    }

    private Process start(Path program, Map<String, String> variables, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        Map<String, String> environment = new TreeMap<>(variables);
        environment.put("PATH", tools.toString());
        environment.put("HOME", folder.toString());
        environment.put("JAVA_HOME", folder.resolve("java").toString());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Result result(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(process.waitFor(), output);
    }

    /** Makes a source newer than the jar, and still older than the build that follows. */
    private void change(String source) throws Exception {
        Thread.sleep(20);
        Files.writeString(house.resolve(source), "changed");
        Thread.sleep(20);
    }

    private long builds() throws IOException {
        return Files.readAllLines(house.resolve("builds")).size();
    }

    private void java(String version) throws IOException {
        java(folder.resolve("java"), version);
    }

    private void java(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(
                home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/javac"), "");
        script(
                home.resolve("bin/java"),
                "echo java: threads=$OMP_NUM_THREADS; printf '<%s>\\n' \"$@\"; exit ${EXIT:-0}");
    }

    private void script(String name, String body) throws IOException {
        script(tools.resolve(name), body);
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static Path find(String tool) {
        for (String place : System.getenv("PATH").split(":", -1)) {
            Path file = Path.of(place, tool);
            if (Files.isExecutable(file)) {
                return file;
            }
        }
        throw new IllegalStateException(tool + " is not on the PATH");
    }
}

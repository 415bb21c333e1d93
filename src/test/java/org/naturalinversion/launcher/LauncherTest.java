package org.naturalinversion.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.temporal.ChronoUnit.DAYS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher {@code ni} in a house of cardboard: its own folder, its own java and mvn that only
 * tell what they got.
 */
class LauncherTest {
    private static final String NEEDED =
            "awk bash cat cp dirname env find flock grep head mkdir mv nproc readlink rm sed"
                    + " sha256sum sleep sort stat tail touch uniq xargs";

    private static final String WAITING = ", waiting for it";

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
        for (String script : List.of("build.sh", "sources.sh")) {
            Path copy = house.resolve("src/launcher").resolve(script);
            Files.createDirectories(copy.getParent());
            Files.copy(Path.of("src/launcher", script), copy);
        }
        for (String source : List.of("pom.xml", "CMakeLists.txt", "src/main/Source.java")) {
            Files.writeString(house.resolve(source), "");
        }
        for (String tool : NEEDED.split(" ", -1)) {
            script(tool, "exec " + find(tool) + " \"$@\"");
        }
        for (String tool : List.of("cmake", "g++", "make")) {
            script(tool, "");
        }
        maven("sleep 0.2");
        java("17.0.15");
    }

    @Test
    void buildsOnceThenOnlyRuns() throws Exception {
        assertThat(ni("synthesize", "--out", "a b").output())
                .contains("<synthesize>", "<--out>", "<a b>")
                .contains("<-XX:+PerfDisableSharedMem>", "<-XX:+DisableAttachMechanism>");
        ni();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenSourcesDiffer() throws Exception {
        ni();
        change("src/main/Source.java", "changed");
        ni();
        change("src/main/a name\nof two lines", "");
        ni();
        Files.delete(house.resolve("src/main/Source.java"));
        ni();
        ni();
        assertThat(builds()).isEqualTo(4);
    }

    @Test
    void goesByContentsNotByTimes() throws Exception {
        ni();
        date("src/main/Source.java", Instant.now().plus(2, DAYS));
        ni();
        date("src/main/Source.java", Instant.EPOCH);
        ni();
        assertThat(builds()).isEqualTo(1);
    }

    /** Maven and make go by times, so a file that came with an old one has to look new to them. */
    @Test
    void datesWhatHasChanged() throws Exception {
        change("cmake/other", "as ever");
        date("cmake/other", Instant.EPOCH);
        ni();
        change("src/main/Source.java", "older than what was built");
        date("src/main/Source.java", Instant.EPOCH);
        ni();
        assertThat(builds()).isEqualTo(2);
        assertThat(Files.getLastModifiedTime(house.resolve("src/main/Source.java")).toInstant())
                .isAfter(Instant.now().minus(1, DAYS));
        assertThat(Files.getLastModifiedTime(house.resolve("cmake/other")).toInstant())
                .isEqualTo(Instant.EPOCH);
    }

    @Test
    void buildsAgainWhatChangedDuringTheBuild() throws Exception {
        maven("echo later > src/main/Source.java");
        ni();
        ni();
        ni();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void buildsAgainAfterABuildThatFailed() throws Exception {
        ni();
        change("src/main/Source.java", "wrong");
        script("mvn", "bash src/launcher/sources.sh begin; exit 1");
        assertThat(ni().exit()).isEqualTo(1);
        change("src/main/Source.java", "");
        maven("");
        assertThat(ni().exit()).isZero();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void dropsWhatMavenWouldLeave() throws Exception {
        change("src/main/Other.java", "");
        ni();
        Path library = Files.createFile(house.resolve("target/lib/old.jar"));
        Path old = Files.createFile(house.resolve("target/classes/Other.class"));
        change("src/main/Source.java", "changed");
        ni();
        assertThat(library).exists();
        assertThat(old).exists();
        change("pom.xml", "changed");
        ni();
        assertThat(library).doesNotExist();
        assertThat(old).exists();
        Files.delete(house.resolve("src/main/Other.java"));
        ni();
        assertThat(old).doesNotExist();
    }

    @Test
    void buildsOnceForTwoAtATimeAndSaysWhoWaits() throws Exception {
        maven("touch started; until [ -e enough ]; do sleep 0.1; done");
        Process one = start(house.resolve("ni"), Map.of());
        await(house.resolve("started"));
        Process other = start(house.resolve("ni"), Map.of());
        BufferedReader says = other.inputReader(UTF_8);
        assertThat(says.readLine()).isEqualTo("ni: another ni is building in " + house + WAITING);
        Files.createFile(house.resolve("enough"));
        assertThat(says.lines()).contains("<org.naturalinversion.cli.Main>");
        assertThat(one.inputReader(UTF_8).lines()).contains("<org.naturalinversion.cli.Main>");
        assertThat(one.waitFor() + other.waitFor()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    /** Maven goes on, and nothing of ni's own does. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void waitsForTheBuildOfAKilledNiAndNoLonger() throws Exception {
        maven("touch started; until [ -e enough ]; do sleep 0.1; done");
        // Into a file: to print into a pipe that nobody reads would end it too.
        Process killed =
                start(
                        tools.resolve("bash"),
                        Map.of(),
                        "-c",
                        "exec \"$0\" >printed 2>&1",
                        house + "/ni");
        await(house.resolve("started"));
        while (killed.children().count() < 2) { // Maven, and who shows progress
            Thread.sleep(10);
        }
        List<ProcessHandle> left = killed.descendants().toList();
        assertThat(killed.destroyForcibly().waitFor()).isNotZero();
        try {
            Process other = start(house.resolve("ni"), Map.of());
            BufferedReader says = other.inputReader(UTF_8);
            assertThat(says.readLine())
                    .isEqualTo("ni: another ni is building in " + house + WAITING);
            Files.createFile(house.resolve("enough"));
            assertThat(says.lines()).contains("<org.naturalinversion.cli.Main>");
            assertThat(other.waitFor()).isZero();
            assertThat(builds()).isEqualTo(1);
            for (ProcessHandle each : left) {
                each.onExit().get();
            }
        } finally {
            left.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** A build would delete the classes under a program that runs. */
    @Test
    void buildsWhenTheRunningProgramHasEnded() throws Exception {
        ni();
        Files.delete(house.resolve("target/build.lock")); // as if mvn had built
        Path end = folder.resolve("end");
        Process running = start(house.resolve("ni"), Map.of("UNTIL", end.toString()));
        BufferedReader says = running.inputReader(UTF_8);
        assertThat(says.readLine()).startsWith("java: ");
        assertThat(ni().exit()).isZero(); // programs do not wait for each other
        change("src/main/Source.java", "changed");
        Process builder = start(house.resolve("ni"), Map.of());
        BufferedReader waits = builder.inputReader(UTF_8);
        assertThat(waits.readLine())
                .isEqualTo(
                        "ni: the program of %s is running, and a build would replace its files:"
                                        .formatted(house)
                                + " waiting for it to end");
        assertThat(builds()).isEqualTo(1);
        Files.createFile(end);
        assertThat(waits.lines()).contains("<org.naturalinversion.cli.Main>");
        assertThat(builds()).isEqualTo(2);
        assertThat(running.waitFor() + builder.waitFor()).isZero();
    }

    /** As on network disks that have no locks. */
    @Test
    void buildsWhereLocksFail() throws Exception {
        script("flock", "echo 'flock: 9: Bad file descriptor' >&2; exit 65");
        Result result = ni();
        assertThat(result.exit()).isZero();
        assertThat(result.output())
                .startsWith("ni: " + house + "/target/build.lock cannot be locked: ")
                .doesNotContain("another", "descriptor");
        assertThat(ni().output()).startsWith("java: ");
    }

    @Test
    void buildsWithAnyCompilerThatCMakeTakes() throws Exception {
        Files.delete(tools.resolve("g++"));
        assertThat(ni(Map.of("CXX", "/opt/clang++ -m64")).exit()).isZero();
        change("src/main/Source.java", "changed");
        script("clang++", "");
        assertThat(ni().exit()).isZero();
    }

    /** Another user's or shell's variables are no reason to build, and perhaps to be refused. */
    @Test
    void doesNotBuildForAnotherEnvironment() throws Exception {
        ni();
        script("nvcc", "");
        ni(Map.of("CXX", "clang++", "CXXFLAGS", "-O1"));
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void dropsWhatNobodyKnowsOf() throws Exception {
        Path old = house.resolve("target/classes/Old.class");
        Path library = house.resolve("target/lib/old.jar");
        change(old, "");
        change(library, "");
        ni();
        assertThat(old).doesNotExist();
        assertThat(library).doesNotExist();
    }

    @Test
    void saysWhatIsWrongWithTarget() throws Exception {
        Path target = Files.createFile(house.resolve("target"));
        assertThat(ni().output()).startsWith("ni: " + target + " is not a folder").hasLineCount(1);
        Files.delete(target);
        Files.createSymbolicLink(target, folder.resolve("nowhere"));
        assertThat(ni().output()).startsWith("ni: " + target + " is a broken link").hasLineCount(1);
        Files.createDirectory(folder.resolve("nowhere"));
        assertThat(ni().exit()).isZero();
    }

    @Test
    void estimatesInWholeMinutes() throws Exception {
        script("nproc", "echo 1");
        assertThat(ni().output()).startsWith("ni: building, about 9 minutes on 1 processor; see");
        script("nproc", "echo 16");
        change("src/main/Source.java", "changed");
        assertThat(ni().output()).startsWith("ni: building, about 1 minute on 16 processors; see");
    }

    @Test
    void buildsWithoutFlock() throws Exception {
        Files.delete(tools.resolve("flock"));
        Result result = ni();
        assertThat(result.exit()).isZero();
        assertThat(result.output()).contains("ni: flock was not found", "<org.natural");
    }

    @Test
    void stopsTheWholeBuildOnCtrlC() throws Exception {
        // Ctrl-C goes to all of a terminal's foreground, which here is a job of its own.
        assertStops("set -m; \"$0\" & await; kill -INT -- -$!; wait $! 2>/dev/null", 130);
        Files.delete(house.resolve("started"));
        assertStops("\"$0\" & await; kill -TERM $!; wait $!", 143);
    }

    private void assertStops(String script, int exit) throws Exception {
        // What it starts is there before it says so: a child that is just being forked may miss a
        // signal, and would go on holding the lock.
        maven("trap 'echo much; touch told; exit 1' TERM; sleep 60 & touch started; wait");
        String await = "await() { until [ -e \"${0%/*}/started\" ]; do sleep 0.1; done; }; ";
        // A shell's child in the background ignores SIGINT, and so would its own children.
        Process process =
                start(
                        tools.resolve("env"),
                        Map.of(),
                        "--default-signal=INT",
                        "bash",
                        "-c",
                        await + script,
                        house + "/ni");
        Result result = result(process);
        assertThat(result.output().lines().skip(1)).containsExactly("ni: the build was stopped");
        assertThat(result.exit()).isEqualTo(exit);
        assertThat(house.resolve("told")).exists();
        Files.delete(house.resolve("told"));
    }

    @Test
    void showsWhatMattersOfABuildThatFails() throws Exception {
        assertThat(ni().output()).doesNotContain("compiler speaking");
        change("src/main/Source.java", "changed");
        script(
                "mvn",
                """
                repeat() { i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "$1"; done; }
                repeat '[INFO] compiler speaking'
                echo 'add.cu:3:1: error: expected initializer'
                echo '[ERROR] Failed to execute goal -> [Help 1]'
                echo '[ERROR] '
                echo '[ERROR] Re-run Maven using the -X switch'
                repeat '    at org.apache.maven.Some.method (Some.java:1)'
                exit 3
                """);
        Result result = ni();
        assertThat(result.output())
                .endsWith(
                        """
                        add.cu:3:1: error: expected initializer
                        [ERROR] Failed to execute goal
                        ni: the build failed, see %s/target/build.log
                        """
                                .formatted(house));
        assertThat(result.exit()).isEqualTo(1);
    }

    @Test
    void namesTheFolderThatCannotBeWritten() throws Exception {
        ni();
        mode(house.resolve("target"), "r-xr-xr-x");
        mode(house, "r-xr-xr-x");
        mode(folder, "rwxr-xr-x");
        assertThat(asAnotherUser().exit()).isZero();
        change("src/main/Source.java", "changed");
        Result result = asAnotherUser();
        assertThat(result.output())
                .startsWith("ni: the program has to be built, but " + house + "/target cannot be")
                .hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
        mode(house, "rwxr-xr-x");
        mode(house.resolve("target"), "rwxr-xr-x");
    }

    /** As one who may not write what is read-only; root may. */
    private Result asAnotherUser() throws Exception {
        Path ni = house.resolve("ni");
        if (!"root".equals(System.getProperty("user.name"))) {
            return ni();
        }
        Path setpriv = find("setpriv");
        return result(start(setpriv, Map.of(), "--reuid=65534", "--clear-groups", ni.toString()));
    }

    @Test
    void namesMissingToolsAndTheirPackages() throws Exception {
        Files.delete(tools.resolve("mvn"));
        Files.delete(tools.resolve("make"));
        Files.delete(tools.resolve("g++"));
        Result result = ni();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output())
                .isEqualTo(
                        "ni: missing to build: mvn (Debian package maven), make (Debian package"
                                + " make), g++ (Debian package g++)\n");
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
        assertThat(ni().output())
                .contains("<--enable-native-access=ALL-UNNAMED>")
                .contains("<--sun-misc-unsafe-memory-access=allow>");
    }

    @Test
    void givesOpenMpItsThreads() throws Exception {
        assertThat(ni("--threads", "3").output()).contains("threads=3\n");
        assertThat(ni("bench", "--threads=5").output()).contains("threads=5\n");
        assertThat(ni("--threads=many").output()).containsPattern("threads=[1-9]");
        assertThat(ni("--", "--threads=77").output()).doesNotContain("threads=77\n");
        for (String refused : List.of("1025", "99999999999999999999")) {
            assertThat(ni("--threads", refused).output())
                    .containsPattern("threads=[1-9]")
                    .doesNotContain("threads=" + refused);
        }
    }

    @Test
    void runsThroughALinkFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), house.resolve("ni"));
        assertThat(result(start(link, Map.of())).output())
                .contains("<" + house + "/target/classes:");
    }

    @Test
    void runsButDoesNotBuildWhereThePathHasAColon() throws Exception {
        ni();
        Path place = folder.resolve("b:c");
        Files.move(house, place);
        house = place;
        Result result = ni();
        assertThat(result.exit()).isZero();
        assertThat(result.output()).contains("</proc/self/fd/8/classes:/proc/self/fd/8/lib/*>");
        change("src/main/Source.java", "changed");
        result = ni();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).contains("colon").hasLineCount(1);
    }

    @Test
    void namesOfFilesAreUtf8() throws Exception {
        for (String locale : List.of("", "C", "POSIX", "xx_XX.UTF-8")) {
            assertThat(ni(Map.of("LC_ALL", locale)).output()).contains("locale=C.UTF-8\n");
        }
    }

    /** The program itself, in a bundle of links: a colon and Japanese in its path and in a file. */
    @Test
    void theProgramTakesNamesBeyondAsciiWithoutALocale() throws Exception {
        Path bundle = folder.resolve("\u65e5\u672c:a b");
        Path ni = Files.createDirectories(bundle.resolve("bin")).resolve("ni");
        Files.copy(Path.of("ni"), ni);
        Files.createSymbolicLink(
                bundle.resolve("runtime"), Path.of(System.getProperty("java.home")));
        Files.createSymbolicLink(
                bundle.resolve("classes"), Path.of("target/classes").toAbsolutePath());
        Files.createSymbolicLink(bundle.resolve("lib"), Path.of("target/lib").toAbsolutePath());
        String file = "\u51fa\u529b.safetensors";
        Result result = result(start(ni, Map.of("LC_ALL", "C"), "export", "--out", file));
        assertThat(result.exit()).as("%s", result.output()).isZero();
        assertThat(result.output()).startsWith(file + ": ");
        assertThat(folder.resolve(file)).isRegularFile();
    }

    @Test
    void theHeapIsAtMostHalfOfTheContainer() throws Exception {
        Path root = folder.resolve("root");
        assertThat(heap(root)).isEqualTo("2048m");
        change(root.resolve("proc/self/cgroup"), "0::/a/b c/d\n");
        change(root.resolve("sys/fs/cgroup/memory.max"), "max\n");
        change(root.resolve("sys/fs/cgroup/a/b c/d/memory.max"), "max\n");
        assertThat(heap(root)).isEqualTo("2048m");
        change(root.resolve("sys/fs/cgroup/a/b c/memory.max"), "1048576000\n");
        change(root.resolve("sys/fs/cgroup/a/memory.max"), "2097152000\n");
        assertThat(heap(root)).isEqualTo("500m");
        change(root.resolve("sys/fs/cgroup/a/memory.high"), "838860800\n");
        assertThat(heap(root)).isEqualTo("400m");

        change(root.resolve("proc/self/cgroup"), "1:cpu:/x\n4:memory:/x\n0::/\n");
        Path first = root.resolve("sys/fs/cgroup/memory/memory.limit_in_bytes");
        change(first, "9223372036854771712\n");
        assertThat(heap(root)).isEqualTo("2048m");
        change(first, "1073741824\n");
        assertThat(heap(root)).isEqualTo("512m");
    }

    private String heap(Path root) throws Exception {
        Result result = ni(Map.of("NI_SYSTEM_ROOT", root.toString()));
        Matcher heap = Pattern.compile("<-Xmx(.*)>").matcher(result.output());
        assertThat(heap.find()).isTrue();
        return heap.group(1);
    }

    @Test
    void foreseesWhatDoesNotFitIntoItsAddresses() throws Exception {
        ni();
        String script = "ulimit -v %d; exec \"$0\" --threads 2";
        Process process =
                start(
                        tools.resolve("bash"),
                        Map.of(),
                        "-c",
                        script.formatted(1000000),
                        house + "/ni");
        Result result = result(process);
        assertThat(result.exit()).isEqualTo(4);
        assertThat(result.output()).startsWith("ni: ulimit -v allows 1023 MB").hasLineCount(1);

        process =
                start(
                        tools.resolve("bash"),
                        Map.of("NI_JAVA_OPTIONS", "-Xmx1g"),
                        "-c",
                        script.formatted(3000000),
                        house + "/ni");
        assertThat(result(process).output())
                .contains("<-Xmx748m>\n<-Xmx1g>", "<-XX:ReservedCodeCacheSize=64m>");
    }

    @Test
    void passesOptionsAndExitCode() throws Exception {
        Result result = ni(Map.of("NI_JAVA_OPTIONS", "-Da=1 -Db=2", "EXIT", "4"));
        assertThat(result.output()).contains("<-Da=1>", "<-Db=2>");
        assertThat(result.exit()).isEqualTo(4);
    }

    @Test
    void expandsNoPatternsInOptions() throws Exception {
        Files.createFile(folder.resolve("-Dx=1"));
        assertThat(ni(Map.of("NI_JAVA_OPTIONS", "-Dx=*")).output()).contains("<-Dx=*>");
    }

    @Test
    void takesTheUsersCollector() throws Exception {
        String ours = "<-XX:+UseSerialGC>";
        assertThat(ni().output()).contains(ours);
        for (String variable :
                List.of(
                        "JAVA_TOOL_OPTIONS",
                        "JDK_JAVA_OPTIONS",
                        "_JAVA_OPTIONS",
                        "NI_JAVA_OPTIONS")) {
            assertThat(ni(Map.of(variable, "-Dx=y -XX:+UseG1GC")).output()).doesNotContain(ours);
            assertThat(ni(Map.of(variable, "-Xmx1g")).output()).contains(ours);
        }
    }

    @Test
    void doesNotRunInAFolderThatIsGone() throws Exception {
        ni();
        Path probe = folder.resolve("probe");
        script(
                probe,
                "mkdir gone && cd gone && %s -rf ../gone && exec '%s'"
                        .formatted(find("rm"), house.resolve("ni")));
        Result result = result(start(probe, Map.of("PATH", tools + ":/usr/bin:/bin")));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).endsWith("ni: the current folder does not exist any more\n");
    }

    /** The next file that is opened would take the place of a closed stream. */
    @Test
    void opensStreamsThatAreClosed() throws Exception {
        ni();
        Path streams = folder.resolve("streams");
        script(
                folder.resolve("java/bin/java"),
                "for i in 0 1 2; do readlink /proc/$$/fd/$i || echo closed; done >" + streams);
        Path probe = folder.resolve("probe");
        script(probe, "exec '%s' <&- >&- 2>&-".formatted(house.resolve("ni")));
        start(probe, Map.of()).waitFor();
        assertThat(Files.readAllLines(streams).get(0)).isEqualTo("/dev/null");
        assertThat(Files.readAllLines(streams).get(2)).isEqualTo("/dev/null");
    }

    @Test
    void crashLogsGoToTheCacheOrToStandardError() throws Exception {
        String toFile = "<-XX:ErrorFile=%s/naturalinversion/crash-%%p.log>";
        String toError = "<-XX:+ErrorFileToStderr>";
        String home = toFile.formatted(folder + "/.cache");
        assertThat(ni().output()).contains(home);
        assertThat(ni(Map.of("XDG_CACHE_HOME", "relative")).output()).contains(home);
        Path cache = folder.resolve("cache");
        assertThat(ni(Map.of("XDG_CACHE_HOME", cache.toString())).output())
                .contains(toFile.formatted(cache));
        for (String none : List.of("", "relative", folder.resolve("none").toString())) {
            assertThat(ni(Map.of("HOME", none)).output()).contains(toError);
            assertThat(folder.resolve(none).resolve("naturalinversion")).doesNotExist();
        }
        assertThat(folder.resolve("relative")).doesNotExist();
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void runsInTheBundleWithWhatItBrings() throws Exception {
        Path bundle = Files.createDirectories(folder.resolve("a bundle"));
        Path ni = Files.createDirectories(bundle.resolve("bin")).resolve("ni");
        Files.copy(Path.of("ni"), ni);
        java(bundle.resolve("runtime"), "25.0.3");
        java("11.0.2");
        for (String tool : NEEDED.split(" ", -1)) {
            if (!List.of("bash", "env", "nproc", "readlink").contains(tool)) {
                Files.delete(tools.resolve(tool));
            }
        }
        Result result = result(start(ni, Map.of("EXIT", "4"), "doctor", "--threads", "3"));
        assertThat(result.output())
                .startsWith("java: threads=3\nlocale=C.UTF-8\n")
                .contains("<" + bundle + "/classes:" + bundle + "/lib/*>", "<doctor>")
                .contains("<--enable-native-access=ALL-UNNAMED>");
        assertThat(result.exit()).isEqualTo(4);
    }

    private record Result(int exit, String output) {}

    private Result ni(Map<String, String> variables, String... arguments) throws Exception {
        return result(start(house.resolve("ni"), variables, arguments));
    }

    private Result ni(String... arguments) throws Exception {
        return result(start(house.resolve("ni"), Map.of(), arguments));
    }

    private Process start(Path program, Map<String, String> variables, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        Map<String, String> environment = new TreeMap<>();
        environment.put("PATH", tools.toString());
        environment.put("HOME", folder.toString());
        environment.put("JAVA_HOME", folder.resolve("java").toString());
        environment.putAll(variables);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Result result(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(process.waitFor(), output);
    }

    private void change(String source, String content) throws IOException {
        change(house.resolve(source), content);
    }

    private static void change(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void date(String source, Instant time) throws IOException {
        Files.setLastModifiedTime(house.resolve(source), FileTime.from(time));
    }

    private static void mode(Path file, String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private static void await(Path file) throws InterruptedException {
        for (int i = 0; !Files.exists(file); i++) {
            assertThat(i).as("tenths of a second to wait for " + file).isLessThan(600);
            Thread.sleep(100);
        }
    }

    private long builds() throws IOException {
        return Files.readAllLines(house.resolve("builds")).size();
    }

    /** Makes a Maven that notes what it builds, as ours does, and counts its builds. */
    private void maven(String body) throws IOException {
        script(
                "mvn",
                """
                echo building >> builds
                bash src/launcher/sources.sh begin
                %s
                mkdir -p target/classes target/lib
                bash src/launcher/sources.sh end
                """
                        .formatted(body));
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
                """
                echo java: threads=$OMP_NUM_THREADS
                echo locale=$LC_ALL
                printf '<%s>\\n' "$@"
                until [ -z "$UNTIL" ] || [ -e "$UNTIL" ]; do sleep 0.1; done
                exit ${EXIT:-0}
                """);
    }

    private void script(String name, String body) throws IOException {
        script(tools.resolve(name), body);
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true, false)).isTrue();
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

package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, typed on a real terminal: one that {@code script} of Debian's bsdutils makes. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TerminalTest {
    private static final char CTRL_C = 3;
    private static final String BEGUN = "begun";

    @TempDir Path folder;

    @Test
    void endsWhileJavaStarts() throws Exception {
        Session session = synthesize("first", 200);
        session.typeCtrlCWhen(() -> session.shows(BEGUN));
        assertThat(session.end()).isEqualTo(130);
        assertThat(folder.resolve("first")).doesNotExist();
    }

    @Test
    void stopsInGoodOrderBeforeTheFirstIteration() throws Exception {
        Session session = synthesize("run", 200, "--backend=auto");
        session.typeCtrlCWhen(() -> session.shows("backend "));
        assertStopped(session, "stopped after 0 of 3 batches");
    }

    @Test
    void stopsInGoodOrderUnderTheBar() throws Exception {
        Session session = synthesize("a run", 400);
        session.typeCtrlCWhen(() -> session.shows(" of 1200 iterations, "));
        assertStopped(session, "stopped after 0 of 3 batches");
        assertThat(session.shown())
                .contains("ni synthesize --out '" + folder.resolve("a run") + "' --resume");
    }

    @Test
    void stopsInGoodOrderWhileABatchIsWritten() throws Exception {
        Session session = synthesize("run", 100);
        Path images = folder.resolve("run/images");
        session.typeCtrlCWhen(() -> Files.exists(images));
        assertStopped(session, "stopped after ");
    }

    @Test
    void stopsInGoodOrderInALaterBatchAndGoesOn() throws Exception {
        Session session = synthesize("run", 60);
        session.typeCtrlCWhen(() -> session.shows("batch 2 of 3"));
        assertStopped(session, "stopped after 1 of 3 batches");
        assertThat(folder.resolve("run/losses.png")).isNotEmptyFile();
        Cli resumed = Cli.run("synthesize", "--out", folder.resolve("run"), "--resume", "--quiet");
        assertThat(resumed.code()).isZero();
        assertThat(resumed.out()).startsWith("12 images in " + folder.resolve("run"));
    }

    @Test
    void doesNotSayStoppedWhenAllIsDone() throws Exception {
        Path manifest = folder.resolve("run/manifest.json");
        Session session = synthesize("run", 20);
        session.typeCtrlCWhen(() -> holds(manifest, "\"finished\" : true", "\"finished\": true"));
        assertThat(session.end()).isZero();
        assertThat(session.shown()).contains("12 images in ").doesNotContain("ni: ", "stopping");
    }

    @Test
    void stopsInGoodOrderWhileItLooksAtImages() throws Exception {
        Session made = synthesize("run", 3);
        assertThat(made.end()).isZero();
        Session session =
                session("evaluate", "--data", folder.resolve("run"), "--batch=1", "--backend=cpu");
        session.typeCtrlCWhen(() -> session.shows("normalising pixels with"));
        assertThat(session.end()).isEqualTo(130);
        assertThat(session.shown()).contains("stopping", "ni: stopped before all");
    }

    @Test
    void endsAtTheSecondTime() throws Exception {
        Session session = new Session(Child.quoted(Child.java(StopTest.Worker.class, "hangs")));
        session.typeCtrlCWhen(() -> session.shows("working"));
        Thread.sleep(200);
        session.typeCtrlCWhen(() -> session.shows("asked"));
        assertThat(session.end()).isEqualTo(130);
    }

    private static void assertStopped(Session session, String message) throws Exception {
        assertThat(session.end()).as(session.shown()).isEqualTo(130);
        assertThat(session.shown())
                .contains("stopping", "ni: " + message, "continue with: ni synth");
    }

    private static boolean holds(Path file, String... texts) {
        try {
            String content = Files.exists(file) ? Files.readString(file) : "";
            return Stream.of(texts).anyMatch(content::contains);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Twelve images in three batches. */
    private Session synthesize(String name, int iterations) throws IOException {
        return synthesize(name, iterations, "--backend=cpu");
    }

    private Session synthesize(String name, int iterations, String backend) throws IOException {
        return session(
                "synthesize",
                backend,
                "--batch=4",
                "--images=12",
                "--threads=1",
                "--latent=4",
                "--generator-width=4",
                "--iterations=" + iterations,
                "--out=" + folder.resolve(name));
    }

    private static Session session(Object... arguments) throws IOException {
        return new Session(
                "stty cols 120; echo %s; exec %s"
                        .formatted(BEGUN, Child.quoted(Child.java(Main.class, arguments))));
    }

    /** A command on a terminal of its own. */
    private static final class Session {
        private final Process script;
        private final StringBuffer shown = new StringBuffer();
        private final Thread reader = new Thread(this::read, "terminal");

        Session(String command) throws IOException {
            script =
                    new ProcessBuilder(
                                    "script",
                                    "--quiet",
                                    "--return",
                                    "--command",
                                    command,
                                    "/dev/null")
                            .redirectErrorStream(true)
                            .start();
            reader.start();
        }

        private void read() {
            byte[] bytes = new byte[4096];
            try (InputStream in = script.getInputStream()) {
                for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                    shown.append(new String(bytes, 0, n, UTF_8));
                }
            } catch (IOException e) {
                shown.append(e);
            }
        }

        boolean shows(String text) {
            return shown.indexOf(text) >= 0;
        }

        String shown() {
            return shown.toString();
        }

        void typeCtrlCWhen(BooleanSupplier phase) throws Exception {
            while (!phase.getAsBoolean()) {
                assertThat(script.isAlive()).as(shown()).isTrue();
                Thread.sleep(2);
            }
            script.getOutputStream().write(CTRL_C);
            script.getOutputStream().flush();
        }

        int end() throws InterruptedException {
            assertThat(script.waitFor(120, TimeUnit.SECONDS)).as(shown()).isTrue();
            reader.join();
            return script.exitValue();
        }
    }
}

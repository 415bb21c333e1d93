package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.app.NoBackendException;
import org.naturalinversion.app.SynthesisResult;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.OutOfMemoryException;

/** What is printed of a run, and how failures end, whoever does the work. */
class SynthesizeCommandTest {
    @Test
    void saysWhatPeopleWantToKnow() {
        Cli cli = Cli.with(request -> result(true, 0.75), "--teacher=x", "--quiet");

        assertThat(cli.code()).isEqualTo(ExitCode.DONE);
        assertThat(cli.err()).isEmpty();
        assertThat(cli.out())
                .isEqualTo(
                        """
                        100 images in runs/a
                          recognised  98.4 % (96.9 % as 8-bit images) by the teacher, 75.0 % (70.0 % as 8-bit images) by the verifier
                          best loss   3.500 (BatchNorm 1.250, cross-entropy 0.03100)
                          took        1:15 min, 10.7 iterations/s on cpu
                          look at     runs/a/grid.png
                        """);
    }

    @Test
    void printsOneObjectForPrograms() throws IOException {
        Cli cli = Cli.with(request -> result(true, null), "--json", "--teacher=x", "--quiet");

        assertThat(cli.out()).hasLineCount(1);
        JsonNode json = new ObjectMapper().readTree(cli.out());
        assertThat(json.path("out").textValue()).isEqualTo("runs/a");
        assertThat(json.path("images").intValue()).isEqualTo(100);
        assertThat(json.path("batches").intValue()).isEqualTo(2);
        assertThat(json.path("iterations_per_second").doubleValue()).isEqualTo(10.7);
        assertThat(json.path("best_loss")).hasSize(2);
        assertThat(json.path("teacher_accuracy").doubleValue()).isEqualTo(0.984);
        assertThat(json.get("verifier_accuracy").isNull()).isTrue();
        assertThat(json.path("peak_rss_bytes").longValue()).isEqualTo(1 << 30);
        assertThat(json.fieldNames())
                .toIterable()
                .contains("seconds", "bn_loss", "ce_loss", "backend", "precision");
    }

    @Test
    void saysHowToGoOnWhenStopped() {
        Cli cli = Cli.with(request -> result(false, null), "--json", "--teacher=x", "--quiet");

        assertThat(cli.code()).isEqualTo(130);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err())
                .isEqualTo(
                        "ni: stopped after 2 of 3 batches; continue with:"
                                + " ni synthesize --out runs/a --resume\n");
    }

    @Test
    void endsWithTheCodeOfTheFailure() {
        assertEnds(new NoBackendException("no such thing"), 4, "ni: no such thing");
        assertEnds(new OutOfMemoryException("8 GB"), 4, "ni: 8 GB");
        assertEnds(new BackendException("call failed"), 1, "ni: call failed");
        assertEnds(
                new UncheckedIOException("x: cannot be written: full", new IOException()),
                1,
                "ni: x: cannot be written: full");
        assertEnds(new ArithmeticException("loss\n\tis \u001bnot"), 1, "ni: loss is \\u001bnot");
        assertEnds(
                new NullPointerException("oops"),
                1,
                "ni: internal error (-v shows where):" + " java.lang.NullPointerException: oops");
        assertEnds(new OutOfMemoryError("Java heap space"), 4, "ni: Java's heap of ");
        assertEnds(new OutOfMemoryError("GC overhead limit exceeded"), 4, "ni: Java's heap of ");
        assertEnds(
                new OutOfMemoryError("unable to create native thread"),
                4,
                "ni: not enough memory: unable to create native thread\n");
        assertEnds(new StackOverflowError(), 1, "ni: internal error");
        assertEnds(new InternalError("a fault"), 1, "ni: internal error");
    }

    private static void assertEnds(Throwable failure, int code, String line) {
        Cli cli =
                Cli.with(
                        request -> {
                            throw failure;
                        },
                        "--teacher=x",
                        "--json");
        assertThat(cli.code()).isEqualTo(code);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).startsWith(line).hasLineCount(1);
    }

    private static SynthesisResult result(boolean finished, Double verifier) {
        return new SynthesisResult(
                finished,
                Path.of("runs/a"),
                Path.of("runs/a/grid.png"),
                100,
                2,
                3,
                75.2,
                10.7,
                List.of(3f, 4f),
                1.25,
                0.031,
                0.984,
                0.969,
                verifier,
                verifier == null ? null : Double.valueOf(0.7),
                1L << 30,
                "cpu",
                "a processor",
                "f32");
    }
}

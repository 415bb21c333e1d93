package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NearestTest {
    private static final List<String> KNOWN = List.of("--batch", "--backend", "--images");

    @Test
    void isTheOneThatBeginsSoOrTheNearest() {
        assertThat(Nearest.to("--im", KNOWN)).hasValue("--images");
        assertThat(Nearest.to("--bach", KNOWN)).hasValue("--batch");
        assertThat(Nearest.to("--precision", KNOWN)).isEmpty();
    }

    /** A settings file may have keys of megabytes. */
    @Test
    @Timeout(5)
    void isNotSearchedForWhatIsNoName() {
        String key = "x".repeat(50_000_000);
        assertThat(Nearest.unknown("setting", key, KNOWN)).startsWith("there is no setting 'xxx");
    }
}

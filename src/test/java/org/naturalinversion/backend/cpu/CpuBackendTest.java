package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.OutOfMemoryException;

class CpuBackendTest {
    private Backend backend;

    @BeforeEach
    void open() {
        backend = new CpuProvider().open(0, 2);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void isFoundByName() {
        assertThat(ServiceLoader.load(BackendProvider.class))
                .anySatisfy(
                        provider -> {
                            assertThat(provider.name()).isEqualTo("cpu");
                            assertThat(provider.unavailable()).isEmpty();
                        });
    }

    @Test
    void saysWhatItRunsOn() {
        Description description = backend.description();
        assertThat(description.backend()).isEqualTo("cpu");
        assertThat(description.device()).isNotBlank();
        assertThat(description.threads()).isEqualTo(2);
        assertThat(description.versions())
                .containsOnlyKeys("oneDNN", "instructions", "kernels", "JavaCPP", "JVM");
        assertThat(description.versions().get("oneDNN")).startsWith("3.");
        assertThat(description.versions().get("kernels"))
                .isIn("v2", "v3", "v4", "v4bf16", "generic");
    }

    @Test
    void takesAsManyThreadsAsThereAreCores() {
        try (Backend all = new CpuProvider().open(0, 0)) {
            assertThat(all.description().threads())
                    .isEqualTo(Runtime.getRuntime().availableProcessors());
        }
    }

    @Test
    void refusesDevicesAndThreadsThatAreNot() {
        CpuProvider provider = new CpuProvider();
        assertThatThrownBy(() -> provider.open(1, 0))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("device 1");
        assertThatThrownBy(() -> provider.open(0, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 4097, 1 << 17, (1 << 20) + 1})
    void givesAlignedMemoryFullOfZeros(long bytes) {
        try (Buffer buffer = backend.allocate(bytes)) {
            assertThat(buffer.bytes()).isEqualTo(bytes);
            assertThat(((CpuBuffer) buffer).address() % (bytes < 1 << 17 ? 64 : 4096)).isZero();
            ByteBuffer read = ByteBuffer.allocate((int) bytes);
            buffer.read(0, read);
            assertThat(read.hasRemaining()).isFalse();
            assertThat(read.array()).containsOnly(new byte[(int) bytes]);
        }
    }

    @Test
    void readsWhatWasWritten() {
        Buffer buffer = backend.allocate(10);
        buffer.write(3, ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 9}, 1, 3));
        ByteBuffer direct = ByteBuffer.allocateDirect(2).put(new byte[] {4, 5}).flip();
        buffer.write(8, direct);
        assertThat(direct.hasRemaining()).isFalse();
        ByteBuffer read = ByteBuffer.allocate(12).position(1).limit(11);
        buffer.read(0, read);
        assertThat(read.array()).containsExactly(0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 0);
        buffer.read(4, direct.clear());
        assertThat(direct.get(0)).isEqualTo((byte) 2);
    }

    @Test
    void refusesWhatLiesOutside() {
        Buffer buffer = backend.allocate(10);
        for (long offset : new long[] {-1, 7, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> buffer.write(offset, ByteBuffer.allocate(4)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> buffer.read(offset, ByteBuffer.allocate(4)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> backend.allocate(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 50, Long.MAX_VALUE})
    void saysHowMuchMemoryThereIs(long bytes) {
        assertThatThrownBy(() -> backend.allocate(bytes))
                .isInstanceOf(OutOfMemoryException.class)
                .hasMessageMatching(
                        String.format(Locale.ROOT, "%,d MB", Math.round(bytes / 1e6))
                                + " requested, but only [1-9][\\d,]* MB are free \\(.*\\)");
    }

    @Test
    void forbidsUseAfterClose() {
        Buffer closed = backend.allocate(64);
        closed.close();
        closed.close();
        assertClosed(() -> closed.write(0, ByteBuffer.allocate(1)), "a buffer of 64 bytes");
        assertClosed(() -> closed.read(0, ByteBuffer.allocate(1)), "a buffer of 64 bytes");

        Buffer left = backend.allocate(64);
        backend.close();
        backend.close();
        assertClosed(() -> left.read(0, ByteBuffer.allocate(1)), "a buffer of 64 bytes");
        assertClosed(() -> backend.allocate(1), "the cpu backend");
        assertClosed(() -> backend.kernels(), "the cpu backend");
        assertClosed(() -> backend.dnn(), "the cpu backend");
        assertClosed(() -> backend.description(), "the cpu backend");
        assertClosed(() -> backend.synchronize(), "the cpu backend");
    }

    private static void assertClosed(Runnable use, String what) {
        assertThatThrownBy(use::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(List.of(what, "is closed").toArray(String[]::new));
    }
}

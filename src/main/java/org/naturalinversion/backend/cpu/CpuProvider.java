package org.naturalinversion.backend.cpu;

import java.util.Optional;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.BackendProvider;

/** Offers the processor. */
public final class CpuProvider implements BackendProvider {
    private static final int NO_KERNELS = -1;

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        try {
            return HostLibrary.ni_kernel_count() > 0
                    ? Optional.empty()
                    : Optional.of(HostLibrary.ni_status_text(NO_KERNELS));
        } catch (LinkageError e) {
            return Optional.of("its native libraries cannot be loaded: " + e.getMessage());
        }
    }

    @Override
    public Backend open(int device, int threads) {
        if (device != 0) {
            throw new BackendException("there is no cpu device " + device + ", only device 0");
        }
        if (threads < 0) {
            throw new IllegalArgumentException("threads must not be negative: " + threads);
        }
        unavailable()
                .ifPresent(
                        reason -> {
                            throw new BackendException(
                                    "the cpu backend cannot be opened: " + reason);
                        });
        return new CpuBackend(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    }
}

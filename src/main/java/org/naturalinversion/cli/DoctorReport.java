package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.List;
import org.naturalinversion.app.Doctor;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.app.Peak;
import org.naturalinversion.backend.Description;

/** What the doctor finds, for people: a line each, shown at once. */
final class DoctorReport implements Doctor.Listener {
    private final PrintWriter out;
    private final PrintWriter progress;

    /**
     * A report.
     *
     * @param out where findings go
     * @param progress where it says what is done next
     */
    DoctorReport(PrintWriter out, PrintWriter progress) {
        this.out = out;
        this.progress = progress;
    }

    @Override
    public void next(String what) {
        progress.println(what);
        progress.flush();
    }

    @Override
    public void absent(String backend, String reason) {
        out.printf("%s: not available, %s%n", backend, reason);
        out.flush();
    }

    @Override
    public void opened(Description backend) {
        out.printf("%s: %s%n", backend.backend(), backend.device());
        backend.versions().forEach((what, version) -> out.printf("  %s %s%n", what, version));
        backend.files().forEach((what, file) -> out.printf("  %s is %s%n", what, file));
        backend.notes().forEach(note -> out.printf("  %s%n", note));
        out.printf("  %-44s %9s %9s%n", "compared", "error", "tolerance");
        out.flush();
    }

    @Override
    public void found(Finding finding) {
        String bound =
                Double.isInfinite(finding.tolerance())
                        ? "any"
                        : "%.1e".formatted(finding.tolerance());
        String verdict = finding.ok() ? "ok" : ("WRONG " + finding.detail()).strip();
        out.printf("  %-44s %9.1e %9s %s%n", finding.name(), finding.error(), bound, verdict);
        out.flush();
    }

    @Override
    public void measured(String precision, Peak peak) {
        out.printf(
                "  peak %,.0f GFLOP/s in %s, %,.0f GB/s from the cache, %,.0f GB/s from"
                        + " memory%n",
                peak.flops() / 1e9,
                precision,
                peak.cacheBandwidth() / 1e9,
                peak.memoryBandwidth() / 1e9);
        out.flush();
    }

    @Override
    public void lost(List<String> notRun) {
        out.printf(
                "  the device is lost; not run: %s%n",
                notRun.isEmpty() ? "nothing" : String.join(", ", notRun));
        out.flush();
    }

    /** The last line. */
    void end(Doctor.Diagnosis diagnosis) {
        long wrong =
                diagnosis.backends().stream()
                        .flatMap(backend -> backend.checks().stream())
                        .filter(finding -> !finding.ok())
                        .count();
        out.println(diagnosis.ok() ? "all within tolerance" : wrong + " out of tolerance");
        out.flush();
    }
}

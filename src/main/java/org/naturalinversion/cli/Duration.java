package org.naturalinversion.cli;

/** Spans of time, as people read them. */
final class Duration {
    private Duration() {}

    /** For example 3.2 s, 47 s, 2:05 min, 1:07:30 h. */
    static String text(double seconds) {
        long whole = Math.round(seconds);
        if (seconds < 10) {
            return String.format("%.1f s", seconds);
        } else if (whole < 60) {
            return whole + " s";
        } else if (whole < 3600) {
            return String.format("%d:%02d min", whole / 60, whole % 60);
        }
        return String.format("%d:%02d:%02d h", whole / 3600, whole / 60 % 60, whole % 60);
    }
}

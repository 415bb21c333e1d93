package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.text.DecimalFormat;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows progress as a bar on a terminal, with rate and time left. */
final class BarWatcher extends QuietWatcher {
    private static final int EVERY_MILLIS = 200;

    private final PrintWriter out;
    private ProgressBar bar;

    BarWatcher(PrintWriter out, Stop stop) {
        super(stop);
        this.out = out;
    }

    @Override
    public void note(String line) {
        out.println(line);
        out.flush();
    }

    @Override
    public void begin(String unit, long steps) {
        bar =
                new ProgressBarBuilder()
                        .setInitialMax(steps)
                        .setUnit("", 1)
                        .showSpeed(new DecimalFormat(" 0.0"))
                        .setUpdateIntervalMillis(EVERY_MILLIS)
                        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err))
                        .clearDisplayOnFinish()
                        .build();
    }

    @Override
    public void advance(long done, String detail) {
        bar.setExtraMessage(" " + detail);
        bar.stepTo(done);
    }

    @Override
    public void end() {
        bar.close();
    }
}

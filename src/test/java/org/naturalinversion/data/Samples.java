package org.naturalinversion.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Losses;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Batches that nobody had to compute. */
public final class Samples {
    private Samples() {}

    /** A batch that depends on its arguments alone. */
    public static Batch batch(int index, List<Integer> targets, int size, int channels) {
        Random random = new Random(index);
        int images = targets.size();
        float[] values = new float[images * size * size * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        HostTensor tensor = HostTensor.of(Shape.of(images, size, size, channels), values);
        return new Batch(index, targets, tensor, history(index, 3), 2);
    }

    /** The manifest of a run of one batch of one image, which one file holds. */
    static String manifest(String file) {
        return """
                {"about": "", "software": {"name": "n", "version": "1"}, "finished": false, "images": 1,
                "teacher": {"name": "t", "sha256": "s", "architecture": "a", "classes": 2, "input": ""},
                "backend": {"name": "cpu", "device": "d", "threads": 1, "versions": {}},
                "settings": {"images": 1, "batch": 1, "iterations": 2, "seed": 5},
                "batches": [{"index": 0, "images": 1, "seconds": 1.5, "iterations": 2,
                "best_iteration": 1, "losses": {"total": 1.0, "cross_entropy": 1, "batch_norm": 1,
                "total_variation": 1, "l2": 1}, "correct": {"teacher": 1, "teacher_png": 0},
                "files": {"%s": "abc"}}]}"""
                .formatted(file);
    }

    /** Losses that fall. */
    public static List<Losses> history(int batch, int iterations) {
        List<Losses> history = new ArrayList<>();
        for (int i = 0; i < iterations; i++) {
            float x = 1f / (1 + i + batch);
            history.add(new Losses(100 * x, x, 9 * x, 50 * x, 40 * x));
        }
        return history;
    }
}

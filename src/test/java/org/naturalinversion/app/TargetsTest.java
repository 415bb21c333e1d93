package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TargetsTest {
    private static final List<Integer> TEN = IntStream.range(0, 10).boxed().toList();

    @Test
    void goesThroughTheClassesInTurn() {
        Targets targets = new Targets(TEN, 20, 10, 1);
        assertThat(targets.batches()).isEqualTo(2);
        assertThat(targets.of(0)).isEqualTo(TEN);
        assertThat(targets.of(1)).isEqualTo(TEN);
    }

    @Test
    void drawsTheRemainderFromTheSeed() {
        Set<List<Integer>> remainders = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            List<Integer> kept = kept(new Targets(TEN, 23, 8, seed));
            assertThat(kept).hasSize(23).isEqualTo(kept(new Targets(TEN, 23, 8, seed)));
            assertThat(kept.subList(0, 10)).isEqualTo(TEN);
            assertThat(new HashSet<>(kept.subList(20, 23))).hasSize(3);
            remainders.add(kept.subList(20, 23));
        }
        assertThat(remainders).hasSizeGreaterThan(10);
    }

    @Test
    void fillsTheLastBatchButKeepsOnlyWhatWasAskedFor() {
        Targets targets = new Targets(List.of(3, 5), 7, 4, 9);
        assertThat(targets.batches()).isEqualTo(2);
        assertThat(targets.kept(0)).isEqualTo(4);
        assertThat(targets.kept(1)).isEqualTo(3);
        assertThat(targets.of(1)).hasSize(4);
        assertThat(Collections.frequency(targets.of(1), 3)).isEqualTo(2);
        assertThat(new Targets(TEN, 2, 64, 0).of(0)).hasSize(64);
    }

    /** The definition: all labels in one list. */
    @Test
    void isOneListOfTurns() {
        for (int[] sizes : new int[][] {{1, 1}, {7, 4}, {9, 4}, {23, 8}, {30, 7}, {10, 64}}) {
            int images = sizes[0];
            int batch = sizes[1];
            for (List<Integer> classes :
                    List.of(List.of(4), List.of(3, 5), List.of(1, 2, 9), TEN)) {
                Targets targets = new Targets(classes, images, batch, 3);
                List<Integer> last = new ArrayList<>(classes);
                Collections.shuffle(last, new Random(3));
                List<Integer> labels = new ArrayList<>();
                while (labels.size() < images) {
                    labels.addAll(images - labels.size() >= classes.size() ? classes : last);
                }
                while (labels.size() < targets.batches() * batch) {
                    labels.addAll(classes);
                }
                for (int i = 0; i < targets.batches(); i++) {
                    assertThat(targets.of(i)).isEqualTo(labels.subList(i * batch, (i + 1) * batch));
                }
            }
        }
    }

    @Test
    void countsAsManyBatchesAsThereAre() {
        Targets targets = new Targets(TEN, Integer.MAX_VALUE, 64, 1);
        assertThat(targets.batches()).isEqualTo(1 << 25);
        assertThat(targets.kept((1 << 25) - 1)).isEqualTo(63);
        assertThat(targets.of((1 << 25) - 1)).hasSize(64).startsWith(4, 5, 6);
    }

    @Test
    void isEvenOverTheWholeRun() {
        List<Integer> kept = kept(new Targets(List.of(0, 3, 7), 300, 64, 0));
        assertThat(List.of(0, 3, 7)).allMatch(c -> Collections.frequency(kept, c) == 100);
    }

    private static List<Integer> kept(Targets targets) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < targets.batches(); i++) {
            all.addAll(targets.of(i).subList(0, targets.kept(i)));
        }
        return all;
    }
}

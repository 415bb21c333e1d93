package org.naturalinversion.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

class MemoryPlanTest {
    private static final int TRIES = 300;

    /**
     * Plays random calls on an arena of marks: what is read must be what was last written there.
     */
    @Test
    void nothingIsOverwrittenThatIsStillRead() {
        for (int seed = 0; seed < TRIES; seed++) {
            play(new Random(seed), "seed " + seed);
        }
    }

    private static void play(Random random, String name) {
        List<Slot> slots = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            calls.add(call(random, slots));
        }
        Set<Slot> kept = new HashSet<>();
        slots.stream().filter(s -> random.nextInt(6) == 0).forEach(kept::add);

        MemoryPlan plan = new MemoryPlan(calls, kept);

        Slot[] arena = new Slot[Math.toIntExact(plan.bytes())];
        Set<Slot> written = new HashSet<>();
        for (Call call : calls) {
            for (Slot slot : call.writes()) {
                mark(arena, plan, slot);
                written.add(slot);
            }
            // Nor may two results of one call, or a result and what it is made of, share bytes.
            Stream.concat(call.reads().stream(), call.writes().stream())
                    .filter(written::contains)
                    .forEach(slot -> assertThat(holds(arena, plan, slot)).as(name).isTrue());
        }
        kept.stream()
                .filter(written::contains)
                .forEach(slot -> assertThat(holds(arena, plan, slot)).as(name).isTrue());
        assertThat(plan.offsets().values()).allMatch(o -> o % MemoryPlan.ALIGNMENT == 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aChainNeedsLittleMoreThanItsTwoLargestNeighbours(long seed) {
        Random random = new Random(seed);
        List<Call> calls = new ArrayList<>();
        Slot last = null;
        long needed = 0;
        for (int i = 0; i < 30; i++) {
            Slot next = new Slot("slot " + i, MemoryPlan.ALIGNMENT * (1 + random.nextInt(4)));
            calls.add(new Call("", new Nothing("rw"), Arrays.asList(last, next)));
            needed = Math.max(needed, next.bytes() + (last == null ? 0 : last.bytes()));
            last = next;
        }
        assertThat(new MemoryPlan(calls, Set.of()).bytes())
                .isBetween(needed, needed + 4 * MemoryPlan.ALIGNMENT);
    }

    private static Call call(Random random, List<Slot> slots) {
        StringBuilder signature = new StringBuilder();
        List<Object> arguments = new ArrayList<>();
        int reads = random.nextInt(4);
        for (int i = 0; i < reads && !slots.isEmpty(); i++) {
            signature.append('r');
            arguments.add(random.nextInt(8) == 0 ? null : slots.get(random.nextInt(slots.size())));
        }
        int writes = 1 + random.nextInt(2);
        for (int i = 0; i < writes; i++) {
            signature.append('w');
            boolean again = !slots.isEmpty() && random.nextInt(5) == 0;
            Slot slot =
                    again
                            ? slots.get(random.nextInt(slots.size()))
                            : new Slot("slot " + slots.size(), 1 + random.nextInt(1500));
            if (arguments.contains(slot)) {
                arguments.add(null);
                continue;
            }
            arguments.add(slot);
            slots.add(slot);
        }
        return new Call("", new Nothing(signature.toString()), arguments);
    }

    private static void mark(Slot[] arena, MemoryPlan plan, Slot slot) {
        int offset = Math.toIntExact(plan.offsets().get(slot));
        for (int i = 0; i < slot.bytes(); i++) {
            arena[offset + i] = slot;
        }
    }

    private static boolean holds(Slot[] arena, MemoryPlan plan, Slot slot) {
        int offset = Math.toIntExact(plan.offsets().get(slot));
        Map<Slot, Integer> found = new HashMap<>();
        for (int i = 0; i < slot.bytes(); i++) {
            found.merge(arena[offset + i], 1, Integer::sum);
        }
        return found.equals(Map.of(slot, Math.toIntExact(slot.bytes())));
    }

    private record Nothing(String signature) implements Routine {
        @Override
        public String name() {
            return "nothing";
        }

        @Override
        public Task bind(List<Object> arguments) {
            return () -> {};
        }
    }
}

package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Places the slots of a sequence of calls in one arena, so that two share bytes only if they never
 * live at the same time. Largest first, each in the smallest gap that it fits: the greedy-by-size
 * rule of Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020,
 * section 5.2.
 */
final class MemoryPlan {
    /** Every slot starts at a multiple of this, for vector loads and for the vendor's libraries. */
    static final long ALIGNMENT = 256;

    private record Life(Slot slot, int first, int last, long bytes) {
        boolean overlaps(Life other) {
            return first <= other.last && other.first <= last;
        }
    }

    private final Map<Slot, Long> offsets = new LinkedHashMap<>();
    private long bytes;

    /**
     * Plans memory for the calls, in their order.
     *
     * @param kept slots whose contents must outlast the last call
     */
    MemoryPlan(List<Call> calls, Set<Slot> kept) {
        List<Life> lives = lives(calls, kept);
        lives.sort(Comparator.comparingLong(Life::bytes).reversed());
        List<Life> placed = new ArrayList<>();
        for (Life life : lives) {
            List<Life> neighbours =
                    new ArrayList<>(placed.stream().filter(life::overlaps).toList());
            neighbours.sort(Comparator.comparingLong(l -> offsets.get(l.slot())));
            offsets.put(life.slot(), gap(life.bytes(), neighbours));
            placed.add(life);
            bytes = Math.max(bytes, offsets.get(life.slot()) + life.bytes());
        }
    }

    /** Size of the arena. */
    long bytes() {
        return bytes;
    }

    /** Where each slot begins. */
    Map<Slot, Long> offsets() {
        return offsets;
    }

    private long gap(long size, List<Life> neighbours) {
        long best = -1;
        long bestSize = Long.MAX_VALUE;
        long end = 0;
        for (Life neighbour : neighbours) {
            long start = offsets.get(neighbour.slot());
            if (start - end >= size && start - end < bestSize) {
                best = end;
                bestSize = start - end;
            }
            end = Math.max(end, start + neighbour.bytes());
        }
        return best >= 0 ? best : end;
    }

    private static List<Life> lives(List<Call> calls, Set<Slot> kept) {
        Map<Slot, int[]> spans = new LinkedHashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            List<Slot> touched = new ArrayList<>(calls.get(i).reads());
            touched.addAll(calls.get(i).writes());
            for (Slot slot : touched) {
                if (!slot.isPlaced()) {
                    int now = i;
                    spans.computeIfAbsent(slot, s -> new int[] {now, now})[1] = i;
                }
            }
        }
        List<Life> lives = new ArrayList<>();
        spans.forEach(
                (slot, span) ->
                        lives.add(
                                new Life(
                                        slot,
                                        span[0],
                                        kept.contains(slot) ? calls.size() : span[1],
                                        (slot.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)));
        return lives;
    }
}

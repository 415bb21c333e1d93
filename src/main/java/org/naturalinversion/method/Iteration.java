package org.naturalinversion.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Compiler;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Optimizer;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.JitterDraw;
import org.naturalinversion.graph.op.RollFlip;
import org.naturalinversion.graph.op.TrackBest;
import org.naturalinversion.graph.optim.Adam;
import org.naturalinversion.graph.optim.Schedule;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.tensor.Shape;

/**
 * One iteration as a graph: images, jittered; their loss; whether it is the best so far; three
 * Adams. All that is decided is decided within, so that a step needs nothing from the host.
 *
 * @param key int32[3] input: run seed (low, high), batch index
 * @param targets int32[B] input
 * @param draws the two jitters int32[3], before the taps and before the loss
 * @param images what is synthesized
 * @param teacher the classifier applied to the jittered images
 * @param history float32 [iterations, losses], a row for each iteration so far
 * @param best float32[1]: the lowest total so far
 * @param improved int32[1]: whether this iteration's total was the lowest so far
 * @param count int32[1]: iterations so far
 */
record Iteration(
        Graph graph,
        Value key,
        Value targets,
        List<Value> draws,
        Images images,
        Applied teacher,
        Objective objective,
        Value history,
        Value best,
        Value improved,
        Value count,
        Settings settings) {

    /** Draws every jitter from the key and the iteration's number. */
    static Iteration drawn(Classifier teacher, Settings settings) {
        return build(teacher, settings, false);
    }

    /**
     * Takes the jitters from inputs {@code jitter.0} and {@code jitter.1}, int32[3] each: to repeat
     * a run made elsewhere.
     */
    static Iteration replayed(Classifier teacher, Settings settings) {
        return build(teacher, settings, true);
    }

    private static Iteration build(Classifier teacher, Settings settings, boolean replayed) {
        Graph g = new Graph();
        Value key = g.input("key", Type.index(3));
        Value targets = g.input("targets", Type.index(settings.batch()));
        Value count = g.state("count", Type.index(1), new Init.Fill(0));
        List<Value> draws = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            draws.add(
                    replayed
                            ? g.input("jitter." + i, Type.index(3))
                            : g.apply(new JitterDraw(settings.jitter(), i), key, count));
        }
        Images images =
                Images.build(g, teacher, settings, x -> g.apply(new RollFlip(), x, draws.get(0)));
        Value x = g.apply(new RollFlip(), images.image(), draws.get(1));
        Applied applied = teacher.apply(g, x);
        Objective objective = Objective.of(g, x, applied, targets, settings.weights());

        Value history =
                g.parameter(
                        "history", Shape.of(settings.iterations(), Losses.COUNT), new Init.Fill(0));
        Value best = g.parameter("best", Shape.of(1), new Init.Fill(Double.POSITIVE_INFINITY));
        Value improved = g.state("improved", Type.index(1), new Init.Fill(0));
        List<Value> tracked = new ArrayList<>(objective.terms());
        tracked.addAll(List.of(history, best, improved, count));
        g.applyAll(new TrackBest(Losses.COUNT), tracked);
        return new Iteration(
                g, key, targets, draws, images, applied, objective, history, best, improved, count,
                settings);
    }

    /** Everything that is trained, each part by its own Adam. */
    List<Optimizer> optimizers() {
        Settings.Rates rates = settings.rates();
        Map<String, Double> parts =
                Map.of(
                        Images.GENERATOR, rates.generator(),
                        Images.PIXELS, rates.pixels(),
                        Images.FTP, rates.ftp(),
                        Images.ACS, rates.acs());
        Schedule schedule = Schedule.cosineTail(settings.iterations(), rates.decay());
        List<Optimizer> optimizers = new ArrayList<>();
        for (String part : List.of(Images.GENERATOR, Images.PIXELS, Images.FTP, Images.ACS)) {
            List<Value> parameters = graph.parameters(part);
            if (!parameters.isEmpty()) {
                optimizers.add(new Optimizer(part, parameters, Adam.of(parts.get(part)), schedule));
            }
        }
        return optimizers;
    }

    /** A compiler for this iteration, to which outputs and variables may be added. */
    Compiler compiler(Engine engine) {
        return engine.compiler(graph)
                .precision(settings.precision())
                .keyedBy(key)
                .countedBy(count)
                .keepBestWhen(improved)
                .minimize(objective.total(), optimizers());
    }
}

package org.naturalinversion.method;

import java.util.List;
import java.util.function.UnaryOperator;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.StopGradient;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.Shape;

/**
 * Where images come from: image = FTP(G(z), taps of T at G(z)) * alpha, or with parts left out,
 * what remains of that. Without the pyramid the generator's output goes through the tanh alone, so
 * that the channel scales keep their meaning; without both it is taken as it is.
 *
 * @param generated [B, H, W, C]: the generator's output, or the pixels, jittered
 * @param image [B, H, W, C] in the classifier's normalised input space
 */
record Images(Value generated, Value image) {
    /** Names of what is trained, each by an optimiser of its own. */
    static final String GENERATOR = "generator";

    static final String PIXELS = "pixels";
    static final String FTP = "ftp";
    static final String ACS = "acs";

    /** The random input of the generator, [B, latent]. */
    static final String LATENT = "latent.z";

    /** The labels as seen by the generator, [B, classes]. */
    static final String ONE_HOT = "one_hot";

    /**
     * Adds all that leads to the images.
     *
     * @param jitter what is done to the generator's output before the classifier looks at it
     */
    static Images build(
            Graph g, Classifier teacher, Settings settings, UnaryOperator<Value> jitter) {
        Settings.Parts parts = settings.parts();
        Value source =
                parts.generator() ? generate(g, teacher, settings) : pixels(g, teacher, settings);
        Value x = jitter.apply(source);
        Value image = x;
        if (parts.ftp()) {
            List<Value> taps = teacher.apply(g, g.apply(new StopGradient(), x)).taps();
            image = g.scope(FTP, () -> new FeatureTransferPyramid().build(g, x, taps));
        } else if (parts.acs()) {
            image = g.apply(Activate.tanh(), x);
        }
        if (parts.acs()) {
            Shape scales = Shape.of(settings.batch(), teacher.input().channels());
            Value alpha = g.scope(ACS, () -> g.parameter("alpha", scales, new Init.Normal(5, 1)));
            image = g.apply(new ChannelScale(), image, alpha);
        }
        return new Images(x, image);
    }

    private static Value generate(Graph g, Classifier teacher, Settings settings) {
        Shape shape = Shape.of(settings.batch(), settings.latent());
        Value latent = g.parameter(LATENT, shape, new Init.Normal(0, 1));
        Value oneHot = g.input(ONE_HOT, Type.exact(settings.batch(), teacher.classes()));
        Value z = g.apply(new Concat(1), latent, oneHot);
        Generator generator = new Generator(settings.width(), teacher.input());
        return g.scope(GENERATOR, () -> generator.build(g, z));
    }

    private static Value pixels(Graph g, Classifier teacher, Settings settings) {
        ImageSize size = teacher.input();
        Shape shape = Shape.of(settings.batch(), size.height(), size.width(), size.channels());
        return g.scope(PIXELS, () -> g.parameter("x", shape, new Init.Normal(0, 1)));
    }
}

package org.naturalinversion.backend.jni;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Something native and its owners: freed when it or the first of them is closed. What it owns in
 * turn goes before it, last made first.
 */
public abstract class Owned implements AutoCloseable {
    private final List<Owned> owners;
    private final Set<Owned> owned = new LinkedHashSet<>();
    private boolean closed;

    /**
     * Makes this the property of others.
     *
     * @throws IllegalStateException if one of them is closed
     */
    @SuppressWarnings("this-escape") // owners only remember this; they call it when they are closed
    protected Owned(Collection<? extends Owned> owners) {
        this.owners = List.copyOf(owners);
        this.owners.forEach(Owned::requireOpen);
        this.owners.forEach(owner -> owner.owned.add(this));
    }

    /** What this is, in a few words, for messages. */
    protected abstract String what();

    /** Gives back what is native about this; called once. */
    protected abstract void free();

    /**
     * To be called at the head of everything that can be asked of this.
     *
     * @throws IllegalStateException if this is closed
     */
    public final void requireOpen() {
        if (closed) {
            throw new IllegalStateException(what() + " is closed");
        }
    }

    @Override
    public final void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<Owned> last = new ArrayList<>(owned);
        for (int i = last.size() - 1; i >= 0; i--) {
            last.get(i).close();
        }
        owners.forEach(owner -> owner.owned.remove(this));
        free();
    }
}

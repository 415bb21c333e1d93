package org.naturalinversion.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Signals, as far as Java lets programs have them: by classes of {@code jdk.unsupported}, which
 * javac warns of, so they are called by name.
 */
final class Signals {
    private Signals() {}

    /**
     * Lets a signal call something instead of ending the program. A signal stays ignored that the
     * program was started with ignored (nohup), and the virtual machine's under -Xrs.
     *
     * @param name without SIG
     * @param handler called with its number, on a thread of its own
     */
    static void handle(String name, IntConsumer handler) {
        try {
            Class<?> signals = Class.forName("sun.misc.Signal");
            Class<?> handlers = Class.forName("sun.misc.SignalHandler");
            Object signal = signals.getConstructor(String.class).newInstance(name);
            int number = (int) signals.getMethod("getNumber").invoke(signal);
            Object proxy =
                    Proxy.newProxyInstance(
                            handlers.getClassLoader(),
                            new Class<?>[] {handlers},
                            (self, method, arguments) -> {
                                handler.accept(number);
                                return null;
                            });
            signals.getMethod("handle", signals, handlers).invoke(null, signal, proxy);
        } catch (InvocationTargetException e) {
            // The signal belongs to the virtual machine, or to nobody: its old behaviour stays.
            return;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java has no signals", e);
        }
    }
}

package org.linuxssi.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;

/**
 * Signals that this process itself gets. The JDK's class for them can only be named at run time: the compiler warns
 * about it and can't be told not to.
 */
public final class HostSignals {

    private HostSignals() {}

    /**
     * Runs the action for each signal of this name from now on, on a thread of its own.
     *
     * @param name without SIG, for example {@code TERM}
     * @return whether the virtual machine lets go of this signal; it keeps for example QUIT
     */
    public static boolean on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object listener = Proxy.newProxyInstance(
                    handler.getClassLoader(),
                    new Class<?>[] {handler},
                    (self, method, values) ->
                            invoke(self, method, Optional.ofNullable(values).orElse(new Object[0]), action));
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
            return true;
        } catch (InvocationTargetException problem) {
            if (problem.getCause() instanceof IllegalArgumentException) {
                return false;
            }
            throw new AssertionError("signal " + name, problem);
        } catch (ReflectiveOperationException problem) {
            throw new LinkageError("signal " + name, problem);
        }
    }

    private static Object invoke(Object self, Method method, Object[] values, Runnable action) {
        switch (method.getName()) {
            case "handle" -> action.run();
            case "equals" -> {
                return System.identityHashCode(values[0]) == System.identityHashCode(self);
            }
            case "hashCode" -> {
                return System.identityHashCode(self);
            }
            default -> {
                return "signal handler";
            }
        }
        return Optional.empty();
    }
}

package org.linuxssi.kddm;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.HotplugHandler;
import org.linuxssi.hotplug.NodeState;
import org.linuxssi.hotplug.PauseListener;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.hotplug.View;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Membership that does what the test says. */
final class FakeHotplug implements Hotplug {

    private final NodeId self;
    private final List<ViewListener> views = new CopyOnWriteArrayList<>();
    private final List<PauseListener> pauses = new CopyOnWriteArrayList<>();
    private final Map<Stage, HotplugHandler> handlers = new ConcurrentHashMap<>();
    private volatile View view = View.NONE;
    private volatile boolean paused;
    private volatile boolean trusted = true;

    FakeHotplug(NodeId self) {
        this.self = self;
    }

    void install(View next) {
        view = next;
        views.forEach(listener -> listener.installed(next));
    }

    void pause(boolean pause) {
        paused = pause;
        pauses.forEach(listener -> listener.paused(pause, "test"));
    }

    void trust(boolean trust) {
        trusted = trust;
    }

    CompletableFuture<?> handle(Stage stage, HotplugEvent event) {
        HotplugHandler handler = handlers.get(stage);
        return handler == null
                ? CompletableFuture.completedFuture(event)
                : handler.handle(event).toCompletableFuture();
    }

    @Override
    public NodeId self() {
        return self;
    }

    @Override
    public View view() {
        return view;
    }

    @Override
    public View settled() {
        return view;
    }

    @Override
    public Map<NodeId, NodeState> states() {
        return Map.of();
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public boolean trusted() {
        return trusted;
    }

    @Override
    public Registration register(Stage stage, HotplugHandler handler) {
        handlers.put(stage, handler);
        return () -> handlers.remove(stage, handler);
    }

    @Override
    public Registration onPause(PauseListener listener) {
        pauses.add(listener);
        return () -> pauses.remove(listener);
    }

    @Override
    public Registration onView(ViewListener listener) {
        views.add(listener);
        return () -> views.remove(listener);
    }

    @Override
    public Registration onPoweroff(PoweroffListener listener) {
        return () -> {};
    }

    @Override
    public void start() {}

    @Override
    public CompletableFuture<View> startCluster(NodeSet nodes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<View> add(NodeSet nodes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<View> remove(NodeSet nodes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Void> poweroff(boolean reboot) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}

package org.linuxssi.hotplug;

/** The same with members that watch their neighbours only, as in large views. */
class HotplugByRingsTest extends HotplugTest {

    @Override
    int mesh() {
        return 0;
    }
}

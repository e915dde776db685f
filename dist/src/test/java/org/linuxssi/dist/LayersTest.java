package org.linuxssi.dist;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The direction of dependencies between modules. */
@Timeout(120)
class LayersTest {

    /** Each module and those it may use directly; what these may use it may use too. */
    private static final Map<String, Set<String>> BELOW = below();

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.linuxssi");

    private static Map<String, Set<String>> below() {
        Map<String, Set<String>> below = new LinkedHashMap<>();
        below.put("tools", Set.of());
        below.put("linux", Set.of());
        below.put("rpc", Set.of("tools"));
        below.put("hotplug", Set.of("rpc"));
        below.put("kddm", Set.of("hotplug"));
        below.put("store", Set.of("kddm"));
        below.put("ghost", Set.of("kddm", "linux"));
        below.put("stream", Set.of("ghost"));
        below.put("proc", Set.of("stream"));
        below.put("procfs", Set.of("proc"));
        below.put("epm", Set.of("proc"));
        below.put("capability", Set.of("proc"));
        below.put("checkpoint", Set.of("capability", "epm"));
        below.put("control", Set.of("tools", "linux"));
        below.put("daemon", Set.of("checkpoint", "procfs", "control"));
        below.put("cli", Set.of("control"));
        below.put("image", Set.of("checkpoint", "cli"));
        below.put("testbed", Set.of("daemon", "cli"));
        below.put("bench", Set.of("testbed"));
        return below;
    }

    static Stream<String> modules() {
        return BELOW.keySet().stream();
    }

    private static void reach(String module, Set<String> reached) {
        if (reached.add(module)) {
            BELOW.getOrDefault(module, Set.of()).forEach(lower -> reach(lower, reached));
        }
    }

    private static String packages(String module) {
        return "org.linuxssi." + module + "..";
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aModuleUsesOnlyWhatIsBelowIt(String module) {
        Set<String> reached = new TreeSet<>();
        reach(module, reached);
        DescribedPredicate<JavaClass> ours = resideInAPackage("org.linuxssi..");
        DescribedPredicate<JavaClass> allowed =
                resideInAnyPackage(reached.stream().map(LayersTest::packages).toArray(String[]::new));
        noClasses()
                .that()
                .resideInAPackage(packages(module))
                .should()
                .dependOnClassesThat(ours.and(DescribedPredicate.not(allowed)))
                .because("dependencies point one way: " + module + " may use " + reached)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void everyPackageBelongsToAKnownModule() {
        classes()
                .should()
                .resideInAnyPackage(
                        BELOW.keySet().stream().map(LayersTest::packages).toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.linuxssi.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nativeCallsAreInLinuxOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.linuxssi.linux")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
                .check(CLASSES);
    }

    @Test
    void theDaemonIsUnknownToTheServices() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.linuxssi.daemon..", "org.linuxssi.testbed..", "org.linuxssi.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.linuxssi.daemon..")
                .check(CLASSES);
    }
}

package org.naturalinversion.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** Who may see whom, as drawn in docs/architecture.md. */
@AnalyzeClasses(
        packages = "org.naturalinversion",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "org.naturalinversion.";
    private static final String ALL = ROOT + ".";
    private static final String CLI = ROOT + "cli..";
    private static final String METHOD = ROOT + "method..";
    private static final String MODEL = ROOT + "model..";
    private static final String SPI = ROOT + "backend";
    private static final String BACKENDS = SPI + "..";
    private static final String CPU = SPI + ".cpu..";
    private static final String CUDA = SPI + ".cuda..";
    private static final String JNI = SPI + ".jni..";
    private static final String TENSOR = ROOT + "tensor..";

    /** From the door to the ground; packages in one row are neighbours. */
    private static final List<List<String>> LAYERS =
            List.of(
                    List.of(CLI),
                    List.of(ROOT + "app.."),
                    List.of(METHOD, ROOT + "data..", ROOT + "metric..", ROOT + "train.."),
                    List.of(MODEL),
                    List.of(ROOT + "graph.."),
                    List.of(BACKENDS),
                    List.of(TENSOR));

    @ArchTest
    static void layersNeverLookUp(JavaClasses classes) {
        for (int i = 1; i < LAYERS.size(); i++) {
            String[] above =
                    LAYERS.subList(0, i).stream().flatMap(List::stream).toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAnyPackage(LAYERS.get(i).toArray(String[]::new))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above)
                    .check(classes);
        }
    }

    @ArchTest
    static final ArchRule everyClassHasALayer =
            noClasses()
                    .should()
                    .resideOutsideOfPackages(
                            LAYERS.stream().flatMap(List::stream).toArray(String[]::new));

    @ArchTest
    static final ArchRule neighboursFormNoCycle =
            slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule cpuSeesOnlyTheSpiAndTensors =
            noClasses()
                    .that()
                    .resideInAPackage(CPU)
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage(ALL)
                                    .and(resideOutsideOfPackages(CPU, JNI, SPI, TENSOR)));

    @ArchTest
    static final ArchRule cudaSeesOnlyTheSpiAndTensors =
            noClasses()
                    .that()
                    .resideInAPackage(CUDA)
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage(ALL)
                                    .and(resideOutsideOfPackages(CUDA, JNI, SPI, TENSOR)));

    @ArchTest
    static final ArchRule nobodyNamesABackend =
            noClasses()
                    .that()
                    .resideOutsideOfPackages(CPU, CUDA)
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(CPU, CUDA));

    @ArchTest
    static final ArchRule onlyBackendsUseWhatTheyShare =
            noClasses()
                    .that()
                    .resideOutsideOfPackages(CPU, CUDA, JNI)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(JNI);

    @ArchTest
    static final ArchRule methodAndModelNeverSeeABackend =
            noClasses()
                    .that()
                    .resideInAnyPackage(METHOD, MODEL)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(BACKENDS);

    @ArchTest
    static final ArchRule onlyBackendsSeeNativeLibraries =
            noClasses()
                    .that()
                    .resideOutsideOfPackages(CPU, CUDA, JNI)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.bytedeco..");

    @ArchTest
    static final ArchRule onlyTheCommandLineParsesPrintsAndExits =
            noClasses()
                    .that()
                    .resideOutsideOfPackage(CLI)
                    .should(ACCESS_STANDARD_STREAMS)
                    .orShould()
                    .callMethod(System.class, "exit", int.class)
                    .orShould()
                    .dependOnClassesThat()
                    .resideInAPackage("picocli..");
}

from tests.journeys.scene import scene, tried  # noqa: F401  # fixtures of every module here

from region_cases import region

__all__ = ["region"]

from minio_fixture import minio

__all__ = ["minio"]

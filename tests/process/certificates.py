"""Certificates for tests, made with the `openssl` command."""

import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def extensions(folder, text):
    file = folder / "extensions.cnf"
    file.write_text(text)
    return file


class Authority:
    """A certificate authority in a folder; `certificate` is its file."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.certificate = folder / f"{name}.crt"
        self.key = folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", f"/CN=serval test {name}",
                "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, days=2,
              names="IP:127.0.0.1,DNS:localhost"):
        """The files of a new certificate and its key."""
        certificate = self.folder / f"{name}.crt"
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate,
                "-CAkey", self.key, "-days", days, "-out", certificate,
                "-extfile", extensions(self.folder,
                                       f"subjectAltName={names}\n"))
        key.chmod(0o600)
        return certificate, key


def settings(section, certificate, key):
    """The overrides that give a listener this certificate."""
    return (f"{section}.tls_certificate_file={certificate}",
            f"{section}.tls_key_file={key}")

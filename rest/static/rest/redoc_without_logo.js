// Redoc has no setting for its maker's logo, which it would load from elsewhere. Told that it cannot be, it leaves it out.
{
  const unlessLogo = (address) => (String(address).startsWith("https://cdn.redoc.ly/") ? "data:," : address);
  const image = HTMLImageElement.prototype;
  const src = Object.getOwnPropertyDescriptor(image, "src");

  Object.defineProperty(image, "src", {
    ...src,
    set(address) {
      src.set.call(this, unlessLogo(address));
    },
  });
  image.setAttribute = function (name, value) {
    Element.prototype.setAttribute.call(this, name, name === "src" ? unlessLogo(value) : value);
  };
}
